"""From walks to answers: who is covered, who is not and why, and what that adds up to."""
