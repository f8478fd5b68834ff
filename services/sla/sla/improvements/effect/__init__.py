"""The statistics of an improvement's effect, on numbers alone: periods, regression and the verdict drawn from them."""
