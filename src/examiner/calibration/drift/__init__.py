"""Does a judge still judge as it did: frozen answers, audits, the monitors of flips, and what they are worth."""
