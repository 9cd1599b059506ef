"""Language models behind one narrow seam: `Model.reply(call) -> Reply`."""
