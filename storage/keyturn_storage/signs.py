"""The signs of the gutter in their order, and the word for the one that says that all is well."""

SIGN_ORDER = {"!": 0, "-": 1, "+": 2, "~": 3, "?": 4, "=": 5}
IN_STEP = "in step"
