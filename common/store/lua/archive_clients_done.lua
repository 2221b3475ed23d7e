-- What archive_clients.lua gave is in the archive.
-- KEYS[1]  P:archive-clients
-- ARGV     ids of entries
-- Returns  1
redis.call('XACK', KEYS[1], 'archive', unpack(ARGV))
redis.call('XDEL', KEYS[1], unpack(ARGV))
return 1
