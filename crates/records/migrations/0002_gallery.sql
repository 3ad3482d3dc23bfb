-- What galleries ask for, beside the record.

-- Which kind of model made the pictures; old rows are filled by code, which knows.
ALTER TABLE generations ADD COLUMN kind TEXT NOT NULL DEFAULT 'generated';
ALTER TABLE generations ADD COLUMN aspect_ratio TEXT NOT NULL DEFAULT 'auto';
-- The generation whose settings were used again; it may be gone.
ALTER TABLE generations ADD COLUMN parent TEXT;
ALTER TABLE generations ADD COLUMN favourite BIGINT NOT NULL DEFAULT 0;
-- 1 while its pictures are being deleted: nobody sees it any more.
ALTER TABLE generations ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0;

-- A record that was spoilt keeps the default: it must not keep the others from being opened.
UPDATE generations
SET aspect_ratio = COALESCE(json_extract(record, '$.aspect_ratio'), aspect_ratio)
WHERE json_valid(record);

-- The names of what was removed, which stay taken, so that nothing brings it back.
CREATE TABLE removed_generations (
    id TEXT NOT NULL PRIMARY KEY
);

-- What a gallery shows, by key and not by offset; one index for each thing that may be asked for, so that a page
-- costs what stands on it. The favourite in the first one lets numbers be counted without the records.
CREATE INDEX gallery ON generations (owner, created_at DESC, id DESC, favourite)
    WHERE state = 'completed' AND hidden = 0;
CREATE INDEX gallery_kind ON generations (owner, kind, created_at DESC, id DESC)
    WHERE state = 'completed' AND hidden = 0;
CREATE INDEX gallery_model ON generations (owner, model_used, created_at DESC, id DESC)
    WHERE state = 'completed' AND hidden = 0;
CREATE INDEX gallery_aspect_ratio ON generations (owner, aspect_ratio, created_at DESC, id DESC)
    WHERE state = 'completed' AND hidden = 0;
CREATE INDEX gallery_favourites ON generations (owner, created_at DESC, id DESC)
    WHERE state = 'completed' AND hidden = 0 AND favourite = 1;
