"""Operations of the opsets that nGraph began (version 1) and OpenVINO goes on with."""
