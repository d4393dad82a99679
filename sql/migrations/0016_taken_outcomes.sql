-- Which purchases took an armed outcome, the last five of them, and when the last one did: whoever
-- armed it wants to see what became of it.
ALTER TABLE mock_outcomes
    ADD COLUMN taken_by identifier[] NOT NULL DEFAULT '{}',
    ADD COLUMN taken_at timestamptz;
