-- Several calls of client_off.lua, see lib/many.lua. What is the same for all is asked for once.
-- many client_off.lua
-- include lib/many.lua
return many(one)
