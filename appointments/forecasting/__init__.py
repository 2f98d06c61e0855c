"""How many people will come: from the days that were to the days ahead, as ranges."""
