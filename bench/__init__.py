"""The product's figures beside their goals: `python -m bench`."""
