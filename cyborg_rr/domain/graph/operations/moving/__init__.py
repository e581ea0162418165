"""Operations that take elements elsewhere, or make them: shapes, parts, joins, fills."""
