-- The funnel's past hours, counted ahead: a month of them is read instead of a million events.
--
-- They follow from purchases and events, and can be emptied at any time: then every hour is counted
-- from its events again, until the worker has counted it ahead.

-- The hours that are counted; one without invoices is, too.
CREATE TABLE funnel_hours (
    hour  timestamptz  PRIMARY KEY
);

-- What the invoices created in an hour came to: all of them, and those that share a key. times are
-- the milliseconds from the invoice to each purchase, sorted; NULL when nobody bought.
CREATE TABLE funnel_counts (
    hour        timestamptz    NOT NULL REFERENCES funnel_hours ON DELETE CASCADE,
    mode        purchase_mode  NOT NULL,
    dimension   text           NOT NULL,
    key         text           COLLATE "C" NOT NULL,  -- '' for none
    created     integer        NOT NULL,
    completed   integer        NOT NULL,
    failed      integer        NOT NULL,
    stars_sold  bigint         NOT NULL,
    times       bigint[],
    PRIMARY KEY (hour, mode, dimension, key),
    CONSTRAINT a_dimension_is_one_of_the_funnels CHECK (
        dimension IN ('total', 'purchase_type', 'source', 'channel'))
);

-- The place in the feed up to which the counted hours know of every event. No row: none is counted.
CREATE TABLE funnel_progress (
    only_row  boolean  PRIMARY KEY DEFAULT true,
    position  bigint   NOT NULL,
    CONSTRAINT there_is_one_row CHECK (only_row)
);
