-- KEYS: version. ARGV: life in ms. Returns the new version.
local version = next_version(KEYS[1])
if not version then
  return redis.error_reply('WRONGTYPE no version stands here')
end
redis.call('SET', KEYS[1], version, 'PX', ARGV[1])
return version
