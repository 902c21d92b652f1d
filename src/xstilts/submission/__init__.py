"""Predictions as XTREME's evaluation reads them: nine folders, a file for each language, in one archive."""
