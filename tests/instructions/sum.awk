# Of what callgrind wrote: how many instructions our own functions took, and how often they called
# one of another library. What such a function takes is not ours, and depends on its version.

# Ours is what lies in common/ or connector/, wherever the tree is.
function is_ours(path,  tail)
{
	if (path !~ /\/(common|connector)\//)
		return 0
	tail = path
	sub(/.*\/(common|connector)\//, "", tail)
	return tail !~ /(^|\/)tests\//
}

/^(fl|fi|fe)=/ { ours = is_ours(substr($0, 4)) }
/^cob=/ { other = 1 }
/^calls=/ {
	if (ours && other)
		calls += substr($1, 7)
	other = 0
	skip = 1 # the next line is what the function called took
	next
}
/^[0-9+*-]/ {
	if (ours && !skip)
		instructions += $2
	skip = 0
}
END { print instructions + 0, calls + 0 }
