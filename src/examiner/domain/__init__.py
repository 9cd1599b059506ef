"""The words of the house: frozen values, no clock, no chance, no files, no network."""
