# Decides as the rules of a team might, and, for the names of some services, as no rule should.
package breakwater

default allow := false

allow if input.environment in data.allowed.environments

# Built-in functions of time are not compiled to WebAssembly. The first day of the epoch was a Thursday.
reasons contains "not at a weekend" if floor(input.atMs / 86400000) % 7 in {2, 3}

reasons contains sprintf("%s may not hit more than %d", [input.owner, limit]) if {
	limit := data.allowed.victims[input.owner]
	input.maxVictims > limit
}

reasons contains "no wave may last that long" if {
	some wave in input.waves
	wave.holdMs > 600000
}

decision := {"allow": allow, "reasons": sort([reason | some reason in reasons])} if not odd

decision := true if input.service == "plain-yes"

decision := "perhaps" if input.service == "text"

# Two values of one document are an error in the middle of an evaluation.
decision := false if input.service == "conflict"

decision := 1 if input.service == "conflict"

decision := http.send({"method": "GET", "url": "http://127.0.0.1:1"}).status_code == 200 if input.service == "asks-the-network"

# 200 ** 5 steps: longer than anybody waits.
decision := count([1 | some a in steps; some b in steps; some c in steps; some d in steps; some e in steps; a + b + c + d + e < 0]) == 1 if input.service == "endless"

steps := numbers.range(1, 200)

odd if input.service in {"plain-yes", "text", "conflict", "asks-the-network", "endless", "undefined"}
