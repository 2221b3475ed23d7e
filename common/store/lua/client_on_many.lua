-- Several calls of client_on.lua, see lib/many.lua. What is the same for all is asked for and written once.
-- many client_on.lua lib/at_once.lua=lib/later.lua
-- include lib/many.lua
local answers = many(one)
later_write()
return answers
