"""The reader of OpenVINO IR: the XML of a network; of its weights only the few that are shapes."""
