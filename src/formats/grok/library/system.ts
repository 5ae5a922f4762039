/** Syslog, and what services of an operating system write. */
export const SYSTEM = String.raw`
SYSLOGTIMESTAMP %{MONTH} +%{MONTHDAY} %{TIME}
PROG [\x21-\x5a\x5c\x5e-\x7e]+
SYSLOGPROG %{PROG:program|process.name}(?:\[%{POSINT:pid|process.pid:int}\])?
SYSLOGHOST %{IPORHOST}
SYSLOGFACILITY <%{NONNEGINT:facility|log.syslog.facility.code:int}\.%{NONNEGINT:priority|log.syslog.priority:int}>
SYSLOGBASE %{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource|host.hostname} %{SYSLOGPROG}:
SYSLOGBASE2 (?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp8601|timestamp}) (?:%{SYSLOGFACILITY} )?(?:%{SYSLOGPROG}:|%{SYSLOGHOST:logsource|host.hostname}(?: %{SYSLOGPROG}:)?)
SYSLOGLINE %{SYSLOGBASE2} %{GREEDYDATA:message}
SYSLOGPAMSESSION %{SYSLOGBASE} %{SYSLOGPAMMESSAGE:message}
SYSLOGPAMMESSAGE %{WORD:pam_module|system.auth.pam.module}\(%{DATA:pam_caller|system.auth.pam.origin}\): session %{WORD:pam_session_state|system.auth.pam.session_state} for user %{USERNAME:username|user.name}(?: by %{GREEDYDATA:pam_by|})?
CRON_ACTION [A-Z ]+
CRONLOG %{SYSLOGBASE} \(%{USER:user|user.name}\) %{CRON_ACTION:action|system.cron.action} \(%{DATA:message}\)
# RFC 5424
SYSLOG5424PRINTASCII [!-~]+
SYSLOG5424PRI <%{NONNEGINT:syslog5424_pri|log.syslog.priority:int}>
SYSLOG5424SD (?:\[(?:"(?:\\.|[^\\"])*"|[^\]"])*\])+
SYSLOG5424BASE %{SYSLOG5424PRI}%{NONNEGINT:syslog5424_ver|system.syslog.version} +(?:-|%{TIMESTAMP_ISO8601:syslog5424_ts|timestamp}) +(?:-|%{IPORHOST:syslog5424_host|host.hostname}) +(?:-|%{SYSLOG5424PRINTASCII:syslog5424_app|process.name}) +(?:-|%{SYSLOG5424PRINTASCII:syslog5424_proc|process.pid}) +(?:-|%{SYSLOG5424PRINTASCII:syslog5424_msgid|event.code}) +(?:-|%{SYSLOG5424SD:syslog5424_sd|system.syslog.structured_data})?
SYSLOG5424LINE %{SYSLOG5424BASE} +%{GREEDYDATA:syslog5424_msg|message}

# ISC BIND's query log
BIND9_TIMESTAMP %{MONTHDAY}-%{MONTH}-%{YEAR} %{TIME}
BIND9_DNSTYPE A|AAAA|CAA|CDNSKEY|CDS|CERT|CNAME|CSYNC|DLV|DNAME|DNSKEY|DS|HINFO|LOC|MX|NAPTR|NS|NSEC|NSEC3|OPENPGPKEY|PTR|RRSIG|RP|SIG|SMIMEA|SOA|SRV|TSIG|TXT|URI
BIND9_CATEGORY queries
BIND9_QUERYLOGBASE client(?: @0x[0-9A-Fa-f]+)? %{IP:clientip|client.ip}#%{POSINT:clientport|client.port:int} \(%{GREEDYDATA:query|bind.log.question.name}\): query: %{BIND9_QUESTION} \(%{IP:dns|server.ip}\)
BIND9_QUESTION@legacy %{GREEDYDATA:query} IN %{GREEDYDATA:querytype}
BIND9_QUESTION@ecs %{GREEDYDATA:dns.question.name} %{WORD:dns.question.class} %{BIND9_DNSTYPE:dns.question.type}(?: %{DATA:bind.log.question.flags})?
BIND9_QUERYLOG %{BIND9_QUERYLOGBASE}
BIND9 %{BIND9_TIMESTAMP:timestamp} %{BIND9_CATEGORY:|bing.log.category}: %{LOGLEVEL:loglevel|log.level}: %{BIND9_QUERYLOGBASE}

# Exim's main log: https://www.exim.org/exim-html-current/doc/html/spec_html/ch-log_files.html
EXIM_MSGID [0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}
EXIM_FLAGS <=|=>|->|>>|\*>|\*\*|==|<>
EXIM_DATE@legacy (?<timestamp>%{YEAR:exim_year}-%{MONTHNUM:exim_month}-%{MONTHDAY:exim_day} %{TIME:exim_time})
EXIM_DATE@ecs %{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{TIME}
EXIM_PID \[%{POSINT:pid|process.pid:int}\]
EXIM_QT (?:[0-9]+y)?(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?
EXIM_EXCLUDE_TERMS Message is frozen|(?:Start|End) queue run| Warning: | retry time not reached | no (?:IP address|host name) found for (?:IP address|host) | unexpected disconnection while reading SMTP command | no immediate delivery: |another process is handling this message
EXIM_REMOTE_HOST H=(?:\(%{NOTSPACE:remote_heloname|exim.log.remote_address}\) |%{NOTSPACE:remote_hostname|source.address} (?:\(%{NOTSPACE:remote_heloname|exim.log.remote_address}\) )?)?\[%{IP:remote_host|source.ip}\](?::%{POSINT:remote_port|source.port:int})?
EXIM_INTERFACE I=\[%{IP:exim_interface|destination.ip}\](?::%{INT:exim_interface_port|destination.port:int})?
EXIM_PROTOCOL P=%{NOTSPACE:protocol|network.protocol}
EXIM_MSG_SIZE S=%{INT:exim_msg_size|exim.log.message.body.size:int}
EXIM_HEADER_ID id=%{NOTSPACE:exim_header_id|exim.log.header_id}
EXIM_QUOTED_CONTENT (?:\\.|[^\\"])*
EXIM_SUBJECT@legacy T=%{QS:exim_subject}
EXIM_SUBJECT@ecs T="%{EXIM_QUOTED_CONTENT:exim.log.message.subject}"
EXIM_UNKNOWN_FIELD (?:A|C|CV|DN|DS|DT|F|L|M8S|PRX|Q|QT|R|RT|SNI|ST|TFO|U|X)=(?:%{QUOTEDSTRING}|\S+)|K|L
EXIM_UNKNOWN_FIELDS (?: (?:%{EXIM_UNKNOWN_FIELD}))*
EXIM_NAMED_FIELDS (?: %{EXIM_REMOTE_HOST})?%{EXIM_UNKNOWN_FIELDS}(?: %{EXIM_INTERFACE})?%{EXIM_UNKNOWN_FIELDS}(?: %{EXIM_PROTOCOL})?%{EXIM_UNKNOWN_FIELDS}(?: %{EXIM_MSG_SIZE})?%{EXIM_UNKNOWN_FIELDS}(?: %{EXIM_HEADER_ID})?(?: %{EXIM_SUBJECT})?
EXIM_MESSAGE_ARRIVAL %{EXIM_STAMP}(?: %{EXIM_PID})? %{EXIM_MSGID:exim_msgid|exim.log.message.id} (?<exim_flags|exim.log.flags><=) (?:%{EMAILADDRESS:exim_sender_email|exim.log.sender.email}|%{NOTSPACE:exim_sender_email|exim.log.sender.original})%{EXIM_NAMED_FIELDS}(?:(?: from <?%{NOTSPACE:|exim.log.sender.original}>?)? for %{EMAILADDRESS:exim_recipient_email|exim.log.recipient.email})?
EXIM_STAMP@legacy %{EXIM_DATE}
EXIM_STAMP@ecs %{EXIM_DATE:timestamp}
EXIM %{EXIM_MESSAGE_ARRIVAL}
`;
