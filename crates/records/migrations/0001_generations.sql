-- The records of generations. Plain SQL, so that another engine can follow.
-- Times are RFC 3339 in UTC with microseconds: texts of one width, which sort like their times.

CREATE TABLE generations (
    id          TEXT   NOT NULL PRIMARY KEY,
    owner       TEXT   NOT NULL,
    created_at  TEXT   NOT NULL,
    updated_at  TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    unfinished  BIGINT NOT NULL,
    model_used  TEXT   NOT NULL,
    request_id  TEXT,
    revision    BIGINT NOT NULL,
    -- The whole generation as JSON; the columns beside it are for searching.
    record      TEXT   NOT NULL
);

-- A user's newest, by key and not by offset.
CREATE INDEX generations_recent ON generations (owner, created_at DESC, id DESC);

-- What recovery looks for; small, since most generations are over.
CREATE INDEX generations_unfinished ON generations (updated_at, id) WHERE unfinished = 1;

-- What was stored where: the way from an object back to its generation.
CREATE TABLE pictures (
    generation_id TEXT   NOT NULL REFERENCES generations (id),
    number        BIGINT NOT NULL,
    state         TEXT   NOT NULL,
    -- Bucket and key of a stored picture, as `bucket/key`; never a link of ours.
    object        TEXT,
    content_type  TEXT,
    size_bytes    BIGINT,
    sha256        TEXT,
    -- When the provider's copy of a fallback dies.
    dies_at       TEXT,
    PRIMARY KEY (generation_id, number)
);

CREATE INDEX pictures_object ON pictures (object);

-- The journal: entry n led to revision n.
CREATE TABLE journal_steps (
    generation_id TEXT   NOT NULL REFERENCES generations (id),
    revision      BIGINT NOT NULL,
    at            TEXT   NOT NULL,
    step          TEXT   NOT NULL,
    -- The whole entry as JSON.
    entry         TEXT   NOT NULL,
    PRIMARY KEY (generation_id, revision)
);
