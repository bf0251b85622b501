"""Evidence: what a run did and saw, as a bundle that cannot be edited unnoticed."""
