select(.level == "error") | del(.host, .pid, .tags) | .site = "eu-1"
