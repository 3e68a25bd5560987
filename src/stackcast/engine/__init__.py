"""The compiled core: vector maths, addressed draws, the block table and the driver.

Nothing in here knows about scenarios, files or pandas.
"""
