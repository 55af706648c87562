"""What a run hands over: tables, layers, map, workbook and the record of the run."""
