# Reads the output of go test -json. Prints what failed, what was skipped and a line for each package; appends one line of
# counts for the module to the file named by `counts`. A test that only holds other tests is not counted beside them.

# field returns the text of a key. A quote inside a text is escaped, so the key is found nowhere else.
function field(key, at, s) {
	at = index($0, "\"" key "\":\"")
	if (!at) return ""
	s = substr($0, at + length(key) + 4)
	match(s, /^([^"\\]|\\.)*/)
	s = substr(s, 1, RLENGTH)
	if (!index(s, "\\")) return s
	gsub(/\\\\/, "\001", s)
	gsub(/\\n/, "\n", s); gsub(/\\t/, "\t", s); gsub(/\\r/, "", s); gsub(/\\"/, "\"", s)
	gsub(/\\u003c/, "<", s); gsub(/\\u003e/, ">", s); gsub(/\\u0026/, "\\&", s)
	gsub(/\001/, "\\\\", s)
	return s
}

# told drops what the test runner says about its own steps.
function told(s, lines, n, i, kept) {
	n = split(s, lines, "\n")
	for (i = 1; i <= n; i++)
		if (lines[i] !~ /^(=== |PASS$|FAIL|ok  )/ && lines[i] != "") kept = kept lines[i] "\n"
	return kept
}

# last keeps the last lines of a text: why a test was skipped stands at its end.
function last(s, most, lines, n, i, kept) {
	n = split(s, lines, "\n")
	for (i = n > most ? n - most : 1; i < n; i++) kept = kept lines[i] "\n"
	return kept
}

# mark_above notes a test under each of the tests that it is part of.
function mark_above(set, name) {
	while (match(name, /\/[^\/]*$/)) {
		name = substr(name, 1, RSTART - 1)
		set[pkg, name] = 1
	}
}

!/^{.*}$/ { print; next } # the go command itself

{ action = field("Action"); pkg = field("Package"); test = field("Test") }

action == "build-output" { printf "%s", field("Output"); next }
action == "output" { output[pkg, test] = output[pkg, test] field("Output"); next }

test != "" && action == "run" { running[pkg, test] = 1; mark_above(holds, test); next }
test != "" && (action == "pass" || action == "fail" || action == "skip") {
	delete running[pkg, test]
	if (action == "fail") {
		printf "%s", told(output[pkg, test])
		if (!((pkg, test) in failed_below)) failed[pkg]++
		mark_above(failed_below, test)
	} else if (action == "skip") {
		skipped[pkg]++
		skips[pkg] = skips[pkg] last(told(output[pkg, test]), 5)
	} else if (!((pkg, test) in holds)) passed[pkg]++
	delete output[pkg, test]
	next
}

pkg != "" && (action == "pass" || action == "fail" || action == "skip") {
	match($0, /"Elapsed":[0-9.]+/)
	seconds = RLENGTH > 0 ? substr($0, RSTART + 10, RLENGTH - 10) "s" : ""
	ran = passed[pkg] + failed[pkg] + skipped[pkg]
	if (action == "fail") {
		for (key in running) # the process ended in the middle of these
			if (index(key, pkg SUBSEP) == 1) {
				printf "%s--- did not end: %s\n", told(output[key]), substr(key, length(pkg) + 2)
				failed[pkg]++
				delete running[key]
			}
		printf "%s", told(output[pkg, ""])
		if (!failed[pkg]) { failed[pkg] = 1; broken++ }
		line = field("FailedBuild") != "" ? "does not build" : passed[pkg] + 0 " passed, " failed[pkg] + 0 " failed"
		printf "FAIL  %s  %s\n", pkg, line
		tested++
	} else if (action == "skip") {
		printf "none  %s  has no test files\n", pkg
		untested++
	} else if (!ran) {
		printf "none  %s  has test files, but no test in them ran\n", pkg
		untested++
	} else {
		printf "ok    %s  %s  %d passed%s\n", pkg, seconds, passed[pkg], skipped[pkg] ? ", " skipped[pkg] " skipped" : ""
		tested++
	}
	printf "%s", skips[pkg]
	all_passed += passed[pkg]; all_failed += failed[pkg]; all_skipped += skipped[pkg]
	bad = bad || action == "fail"
}

END {
	printf "module %s: %d packages tested, %d passed, %d failed, %d skipped%s%s\n", module, tested, all_passed, all_failed, all_skipped, \
		broken ? " (" broken " of the failures outside a test)" : "", untested ? "; " untested " packages without tests" : "" >>counts
	exit bad
}
