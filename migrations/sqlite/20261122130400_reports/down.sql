DROP INDEX caller_without_figures;
ALTER TABLE caller DROP COLUMN figures_taken_at;
DROP TABLE stay_figures;
