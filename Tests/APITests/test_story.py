"""The whole API as those meet it who use it: a seller, a buyer, a composer and an operator, told in chapters."""

import importlib.util
import pathlib
import unittest

from story import Story

CHAPTERS = sorted((pathlib.Path(__file__).parent / "chapters").glob("[0-9]*.py"))


def load(path):
    spec = importlib.util.spec_from_file_location(f"chapter_{path.stem}", path)
    chapter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chapter)
    return chapter


class StoryTests(unittest.TestCase):
    def test_the_story_drives_every_operation(self):
        story = Story()
        self.addCleanup(story.close)
        for path in CHAPTERS:
            try:
                load(path).tell(story)
            except Exception:
                print(f"the story broke off in {path.name}; the daemon said:\n{story.daemon.log()[-4000:]}")
                raise
        self.assertEqual(story.contract.left, [], "operations that no chapter saw to work")


if __name__ == "__main__":
    unittest.main()
