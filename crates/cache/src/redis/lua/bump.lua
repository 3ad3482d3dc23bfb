-- KEYS: version. ARGV: life in ms. Returns the new version.
-- The clock is the floor, so that a version that was lost is never given again.
local before = redis.call('GET', KEYS[1])
local version = 0
if before then
  version = string.match(before, '^%d+$') and tonumber(before)
  if not version or version >= 9007199254740991 then
    return redis.error_reply('WRONGTYPE no version stands here')
  end
end
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
version = math.max(version + 1, now)
redis.call('SET', KEYS[1], string.format('%.0f', version), 'PX', ARGV[1])
return string.format('%.0f', version)
