"""Tells the chapters in their order."""

import importlib.util
import pathlib

CHAPTERS = sorted((pathlib.Path(__file__).parent / "chapters").glob("[0-9]*.py"))


def load(path):
    spec = importlib.util.spec_from_file_location(f"chapter_{path.stem}", path)
    chapter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chapter)
    return chapter


def tell_all(story):
    for path in CHAPTERS:
        try:
            load(path).tell(story)
        except Exception:
            print(f"the story broke off in {path.name}; the daemon said:\n{story.daemon.log()[-4000:]}")
            raise
