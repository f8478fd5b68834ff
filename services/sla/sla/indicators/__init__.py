"""Indicators: what is measured of a service, which series it is measured from, and when a minute is good.

Measurements roll samples up by these definitions; agreements promise objectives on indicators.
"""
