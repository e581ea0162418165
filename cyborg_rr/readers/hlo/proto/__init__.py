"""HLO as protobuf (xla/service/hlo.proto, xla/xla_data.proto): modules, instructions, types."""
