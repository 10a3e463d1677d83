"""Everything that leaves the house: maps, dossiers, reports. It is handed Views, never the store."""
