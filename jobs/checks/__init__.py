"""Judging: Pass, Fail or Unknown, each with what was measured. Checks read and never write."""
