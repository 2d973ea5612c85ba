"""How many people a figure about people must be about at least, unless a company's settings ask for more."""

FEWEST_PEOPLE = 5
