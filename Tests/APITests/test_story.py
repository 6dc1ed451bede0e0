"""The whole API as those meet it who use it: a seller, a buyer, a composer and an operator, told in chapters."""

import unittest

from story import Story
from telling import tell_all


class StoryTests(unittest.TestCase):
    def test_the_story_drives_every_operation(self):
        story = Story()
        self.addCleanup(story.close)
        tell_all(story)
        self.assertEqual(story.contract.left, [], "operations that no chapter saw to work")


if __name__ == "__main__":
    unittest.main()
