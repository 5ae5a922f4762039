# J1 in awk, tuned: fewer fields when the line is split on its quotes.
BEGIN { FS = "\"" }
{ split($3, answer, " ") }
answer[1] >= 500 {
    split($1, client, " ")
    split($2, request, " ")
    path = request[2]
    if (path ~ /["\\]/) gsub(/["\\]/, "\\\\&", path)
    printf "{\"host\":\"%s\",\"timestamp\":\"%s %s\",\"method\":\"%s\",\"path\":\"%s\",\"status\":%s,\"size\":%s}\n", \
        client[1], substr(client[4], 2), substr(client[5], 1, length(client[5]) - 1), request[1], path, answer[1], \
        answer[2] == "-" ? "null" : answer[2]
}
