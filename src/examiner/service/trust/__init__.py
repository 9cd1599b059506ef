"""What a score rests on: anchors labelled, judges calibrated, certified, probed, watched, and what they are sent."""
