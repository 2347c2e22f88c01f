"""Tests against software that nobody here wrote, as it is published: the Open Forms SDK, Form.io and Wagtail."""
