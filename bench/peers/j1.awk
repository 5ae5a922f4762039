# J1 in awk. Splitting on blanks is the fastest way; the timestamp goes out as the log has it.
$9 >= 500 {
    path = $7
    if (path ~ /["\\]/) gsub(/["\\]/, "\\\\&", path)
    printf "{\"host\":\"%s\",\"timestamp\":\"%s %s\",\"method\":\"%s\",\"path\":\"%s\",\"status\":%s,\"size\":%s}\n", \
        $1, substr($4, 2), substr($5, 1, length($5) - 1), substr($6, 2), path, $9, $10 == "-" ? "null" : $10
}
