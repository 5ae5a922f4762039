/** Java, Ruby and what is written in them. */
export const JAVA = String.raw`
JAVACLASS (?:[a-zA-Z$_][a-zA-Z$_0-9]*\.)*[a-zA-Z$_][a-zA-Z$_0-9]*
# A space is allowed for "Native Method" and "Unknown Source".
JAVAFILE [a-zA-Z$_0-9. -]+
JAVAMETHOD <(?:cl)?init>|[a-zA-Z$_][a-zA-Z$_0-9]*
JAVASTACKTRACEPART \s*at %{JAVACLASS:class|java.log.origin.class.name}\.%{JAVAMETHOD:method|log.origin.function}\(%{JAVAFILE:file|log.origin.file.name}(?::%{INT:line|log.origin.file.line:int})?\)
JAVATHREAD [A-Z]{2}-Processor[0-9]+
JAVALOGMESSAGE .*
CATALINA7_DATESTAMP %{MONTH} %{MONTHDAY}, %{YEAR} %{HOUR}:%{MINUTE}:%{SECOND} (?:AM|PM)
CATALINA8_DATESTAMP %{MONTHDAY}-%{MONTH}-%{YEAR} %{HOUR}:%{MINUTE}:%{SECOND}
CATALINA_DATESTAMP %{CATALINA8_DATESTAMP}|%{CATALINA7_DATESTAMP}
TOMCAT_DATESTAMP@legacy %{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:?%{MINUTE}(?::?%{SECOND}) %{ISO8601_TIMEZONE}|%{CATALINA_DATESTAMP}
TOMCAT_DATESTAMP@ecs %{CATALINA8_DATESTAMP}|%{CATALINA7_DATESTAMP}|%{TOMCATLEGACY_DATESTAMP}
TOMCATLEGACY_DATESTAMP %{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:%{MINUTE}:%{SECOND}(?: %{ISO8601_TIMEZONE})?
CATALINA7_LOG %{CATALINA7_DATESTAMP:timestamp} %{JAVACLASS:class|java.log.origin.class.name}(?: %{JAVAMETHOD:|log.origin.function})?\s*(?:%{LOGLEVEL:loglevel|log.level}:)? %{JAVALOGMESSAGE:logmessage|message}
CATALINA8_LOG %{CATALINA8_DATESTAMP:timestamp} %{LOGLEVEL:loglevel|log.level} \[%{DATA:thread|java.log.origin.thread.name}\] %{JAVACLASS:class|java.log.origin.class.name}\.(?:%{JAVAMETHOD:|log.origin.function})? %{JAVALOGMESSAGE:logmessage|message}
CATALINALOG@legacy %{CATALINA_DATESTAMP:timestamp} %{JAVACLASS:class} %{JAVALOGMESSAGE:logmessage}
CATALINALOG@ecs %{CATALINA8_LOG}|%{CATALINA7_LOG}
TOMCAT7_LOG %{CATALINA7_LOG}
TOMCAT8_LOG %{CATALINA8_LOG}
TOMCATLEGACY_LOG %{TOMCATLEGACY_DATESTAMP:timestamp} \| %{LOGLEVEL:level|log.level} \| %{JAVACLASS:class|java.log.origin.class.name} - %{JAVALOGMESSAGE:logmessage|message}
TOMCATLOG@legacy %{TOMCAT_DATESTAMP:timestamp} \| %{LOGLEVEL:level} \| %{JAVACLASS:class} - %{JAVALOGMESSAGE:logmessage}
TOMCATLOG@ecs %{TOMCAT8_LOG}|%{TOMCAT7_LOG}|%{TOMCATLEGACY_LOG}
MAVEN_VERSION [0-9]+\.[0-9]+(?:\.[0-9]+)?(?:[.-](?:RELEASE|SNAPSHOT))?

RUBY_LOGLEVEL DEBUG|FATAL|ERROR|WARN|INFO
RUBY_LOGGER [DFEWI], \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid|process.pid:int}\] *%{RUBY_LOGLEVEL:loglevel|log.level} -- +%{DATA:progname|process.name}: %{GREEDYDATA:message}
RUUID \h{32}
RCONTROLLER (?<controller|rails.controller.class>[^#]+)#(?<action|rails.controller.action>\w+)
RAILS3HEAD (?m)Started %{WORD:verb|http.request.method} "%{URIPATHPARAM:request|url.original}" for %{IPORHOST:clientip|source.address} at (?<timestamp>%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:%{MINUTE}:%{SECOND} %{ISO8601_TIMEZONE})
RPROCESSING \s*Processing by %{RCONTROLLER} as (?<format|rails.request.format>\S+)(?:\s*Parameters: \{%{DATA:params|rails.request.params}\}\s*)?
RAILS3FOOT Completed %{POSINT:response|http.response.status_code:int}%{DATA} in %{NUMBER:totalms|rails.request.duration.total:float}ms %{RAILS3PROFILE}%{GREEDYDATA}
RAILS3PROFILE (?:\(Views: %{NUMBER:viewms|rails.request.duration.view:float}ms \| ActiveRecord: %{NUMBER:activerecordms|rails.request.duration.active_record:float}ms|\(ActiveRecord: %{NUMBER:activerecordms|rails.request.duration.active_record:float}ms)?
RAILS3 %{RAILS3HEAD}(?:%{RPROCESSING})?(?<context|rails.request.explain.original>(?:%{DATA}\n)*)(?:%{RAILS3FOOT})?
MCOLLECTIVEAUDIT %{TIMESTAMP_ISO8601:timestamp}:
MCOLLECTIVE ., \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid|process.pid:int}\]%{SPACE}%{LOGLEVEL:event_level|log.level}
`;
