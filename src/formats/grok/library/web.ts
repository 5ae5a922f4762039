/** Web servers, proxies and load balancers. */
export const WEB = String.raw`
# Apache httpd: https://httpd.apache.org/docs/2.4/logs.html
HTTPDUSER %{USER}|%{EMAILADDRESS}
HTTPD_COMMONLOG %{IPORHOST:clientip|source.address} %{HTTPDUSER:ident|apache.access.user.identity?} %{HTTPDUSER:auth|user.name?} \[%{HTTPDATE:timestamp}\] "(?:%{WORD:verb|http.request.method} %{NOTSPACE:request|url.original}(?: HTTP/%{NUMBER:httpversion|http.version})?|%{DATA:rawrequest|})" (?:-|%{INT:response|http.response.status_code:int}) (?:-|%{INT:bytes|http.response.body.bytes:int})
HTTPD_COMBINEDLOG@legacy %{HTTPD_COMMONLOG} %{QS:referrer} %{QS:agent}
HTTPD_COMBINEDLOG@ecs %{HTTPD_COMMONLOG} "(?:-|%{DATA:http.request.referrer})" "(?:-|%{DATA:user_agent.original})"
COMMONAPACHELOG %{HTTPD_COMMONLOG}
COMBINEDAPACHELOG %{HTTPD_COMBINEDLOG}
HTTPD20_ERRORLOG \[%{HTTPDERROR_DATE:timestamp}\] \[%{LOGLEVEL:loglevel|log.level}\] (?:\[client %{IPORHOST:clientip|source.address}\] )?%{GREEDYDATA:message}
HTTPD24_ERRORLOG \[%{HTTPDERROR_DATE:timestamp}\] \[%{WORD:module|apache.error.module}?:%{LOGLEVEL:loglevel|log.level}\] \[pid %{POSINT:pid|process.pid:int}(?::tid %{INT:tid|process.thread.id:int})?\](?: \(%{POSINT:proxy_errorcode|apache.error.proxy.error.code}\)%{DATA:proxy_message|apache.error.proxy.error.message}:)?(?: \[client %{IPORHOST:clientip|source.address}:%{POSINT:clientport|source.port:int}\])?(?: %{DATA:errorcode|error.code}:)? %{GREEDYDATA:message}
HTTPD_ERRORLOG %{HTTPD20_ERRORLOG}|%{HTTPD24_ERRORLOG}

# HAProxy: https://docs.haproxy.org/2.8/configuration.html#8.2.3
HAPROXYTIME %{HOUR:haproxy_hour|}:%{MINUTE:haproxy_minute|}(?::%{SECOND:haproxy_second|})
HAPROXYDATE@legacy %{MONTHDAY:haproxy_monthday}/%{MONTH:haproxy_month}/%{YEAR:haproxy_year}:(?<haproxy_time>%{HOUR:haproxy_hour}:%{MINUTE:haproxy_minute}:(?<haproxy_second>[0-5]?[0-9]|60))\.%{INT:haproxy_milliseconds}
HAPROXYDATE@ecs %{MONTHDAY}/%{MONTH}/%{YEAR}:%{HAPROXYTIME}
HAPROXYCAPTUREDREQUESTHEADERS %{DATA:captured_request_headers|haproxy.http.request.captured_headers}
HAPROXYCAPTUREDRESPONSEHEADERS %{DATA:captured_response_headers|haproxy.http.response.captured_headers}
HAPROXYURI (?:%{URIPROTO:http_proto|url.scheme}://)?(?:%{USER:http_user|url.username}(?::[^@]*)?@)?%{HAPROXYURIHOST}?(?:%{URIPATH:|url.path}(?:\?%{URIQUERY:|url.query})?)?
HAPROXYURIHOST@legacy %{URIHOST:http_host}
HAPROXYURIHOST@ecs %{IPORHOST:url.domain}(?::%{POSINT:url.port:int})?
HAPROXYHTTPREQUESTLINE@legacy <BADREQ>|%{WORD:http_verb}\s(?:%{URIPROTO:http_proto}://)?(?:%{USER:http_user}(?::[^@]*)?@)?%{URIHOST:http_host}?%{URIPATHPARAM:http_request}?(?:\sHTTP/%{NUMBER:http_version})?
HAPROXYHTTPREQUESTLINE@ecs <BADREQ>|%{WORD:http.request.method}\s%{HAPROXYURI:url.original}(?:\sHTTP/%{NUMBER:http.version})?
HAPROXYHTTPBASE %{IP:client_ip|source.address}:%{INT:client_port|source.port:int} \[%{HAPROXYDATE:accept_date|haproxy.request_date}\] %{NOTSPACE:frontend_name|haproxy.frontend_name} %{NOTSPACE:backend_name|haproxy.backend_name}/(?:%{NOTSPACE:server_name|haproxy.server_name}) (?:-1|%{INT:|haproxy.http.request.time_wait_ms:int})/(?:-1|%{INT:|haproxy.total_waiting_time_ms:int})/(?:-1|%{INT:|haproxy.connection_wait_time_ms:int})/(?:-1|%{INT:|haproxy.http.request.time_wait_without_data_ms:int})/%{NOTSPACE:|haproxy.total_time_ms} %{HAPROXYHTTPREST}
HAPROXYHTTPBASE@legacy %{IP:client_ip}:%{INT:client_port} \[%{HAPROXYDATE:accept_date}\] %{NOTSPACE:frontend_name} %{NOTSPACE:backend_name}/%{NOTSPACE:server_name} %{INT:time_request}/%{INT:time_queue}/%{INT:time_backend_connect}/%{INT:time_backend_response}/%{NOTSPACE:time_duration} %{HAPROXYHTTPREST}
HAPROXYHTTPREST %{INT:http_status_code|http.response.status_code:int} %{NOTSPACE:bytes_read|source.bytes:int} %{NOTSPACE:captured_request_cookie|haproxy.http.request.captured_cookie?} %{NOTSPACE:captured_response_cookie|haproxy.http.response.captured_cookie?} %{NOTSPACE:termination_state|haproxy.termination_state} %{INT:actconn|haproxy.connections.active:int}/%{INT:feconn|haproxy.connections.frontend:int}/%{INT:beconn|haproxy.connections.backend:int}/%{INT:srvconn|haproxy.connections.server:int}/%{INT:retries|haproxy.connections.retries:int} %{INT:srv_queue|haproxy.server_queue:int}/%{INT:backend_queue|haproxy.backend_queue:int} (?:\{%{HAPROXYCAPTUREDREQUESTHEADERS}\} )?(?:\{%{HAPROXYCAPTUREDRESPONSEHEADERS}\} )?"%{HAPROXYHTTPREQUESTLINE}"?
HAPROXYHTTP (?:%{SYSLOGTIMESTAMP:syslog_timestamp|timestamp}|%{TIMESTAMP_ISO8601:timestamp8601|timestamp}) %{IPORHOST:syslog_server|host.hostname} %{SYSLOGPROG}: %{HAPROXYHTTPBASE}
HAPROXYTCP (?:%{SYSLOGTIMESTAMP:syslog_timestamp|timestamp}|%{TIMESTAMP_ISO8601:timestamp8601|timestamp}) %{IPORHOST:syslog_server|host.hostname} %{SYSLOGPROG}: %{IP:client_ip|source.address}:%{INT:client_port|source.port:int} \[%{HAPROXYDATE:accept_date|haproxy.request_date}\] %{NOTSPACE:frontend_name|haproxy.frontend_name} %{NOTSPACE:backend_name|haproxy.backend_name}/%{NOTSPACE:server_name|haproxy.server_name} %{INT:time_queue|haproxy.total_waiting_time_ms:int}/%{INT:time_backend_connect|haproxy.connection_wait_time_ms:int}/%{NOTSPACE:time_duration|haproxy.total_time_ms} %{NOTSPACE:bytes_read|source.bytes:int} %{NOTSPACE:termination_state|haproxy.termination_state} %{INT:actconn|haproxy.connections.active:int}/%{INT:feconn|haproxy.connections.frontend:int}/%{INT:beconn|haproxy.connections.backend:int}/%{INT:srvconn|haproxy.connections.server:int}/%{INT:retries|haproxy.connections.retries:int} %{INT:srv_queue|haproxy.server_queue:int}/%{INT:backend_queue|haproxy.backend_queue:int}

# Squid's native format: http://wiki.squid-cache.org/Features/LogFormat
SQUID3_STATUS@legacy %{INT:status_code}
SQUID3_STATUS@ecs %{POSINT:http.response.status_code:int}|0+
SQUID3 %{NUMBER:timestamp}\s+%{INT:duration|squid.request.duration:int}\s%{IP:client_address|source.ip}\s%{WORD:cache_result|event.action}/%{SQUID3_STATUS}\s%{INT:bytes|http.response.bytes:int}\s%{WORD:request_method|http.request.method}\s%{NOTSPACE:url|url.original}\s%{NOTSPACE:user|user.name?}\s%{WORD:hierarchy_code|squid.hierarchy_code}/(?:-|%{IPORHOST:server|destination.address})\s%{NOTSPACE:content_type|http.response.mime_type?}

# Amazon S3, Elastic Load Balancing and CloudFront
S3_REQUEST_LINE %{WORD:verb|http.request.method} %{NOTSPACE:request|url.original}(?: HTTP/%{NUMBER:httpversion|http.version})?|%{DATA:rawrequest|}
S3_ACCESS_LOG %{WORD:owner|aws.s3access.bucket_owner} %{NOTSPACE:bucket|aws.s3access.bucket} \[%{HTTPDATE:timestamp}\] (?:-|%{IP:clientip|client.ip}) %{NOTSPACE:requester|client.user.id?} %{NOTSPACE:request_id|aws.s3access.request_id} %{NOTSPACE:operation|aws.s3access.operation} %{NOTSPACE:key|aws.s3access.key?} (?:"(?<|aws.s3access.request_uri>%{S3_REQUEST_LINE})"|-) (?:-|%{INT:response:int|http.response.status_code:int}) (?:-|%{NOTSPACE:error_code|aws.s3access.error_code}) (?:-|%{INT:bytes:int|aws.s3access.bytes_sent:int}) (?:-|%{INT:object_size:int|aws.s3access.object_size:int}) (?:-|%{INT:request_time_ms:int|aws.s3access.total_time:int}) (?:-|%{INT:turnaround_time_ms:int|aws.s3access.turn_around_time:int}) %{S3_BROWSER}(?: (?:-|%{NOTSPACE:|aws.s3access.host_id})(?: (?:-|%{NOTSPACE:|aws.s3access.signature_version}))?(?: (?:-|%{NOTSPACE:|tls.cipher}))?(?: (?:-|%{NOTSPACE:|aws.s3access.authentication_type}))?(?: (?:-|%{NOTSPACE:|aws.s3access.host_header}))?(?: (?:-|%{NOTSPACE:|aws.s3access.tls_version}))?)?
S3_BROWSER@legacy (?:-|%{QS:referrer}) (?:-|%{QS:agent}) (?:-|%{NOTSPACE:version_id})
S3_BROWSER@ecs (?:"-"|"%{DATA:http.request.referrer}"|-) (?:"-"|"%{DATA:user_agent.original}"|-) (?:-|%{NOTSPACE:aws.s3access.version_id})
ELB_URIHOST@legacy %{URIHOST:urihost}
ELB_URIHOST@ecs %{IPORHOST:url.domain}(?::%{POSINT:url.port:int})?
ELB_URIPATHQUERY %{URIPATH:path|url.path}(?:\?%{URIQUERY:|url.query})?
ELB_URIPATHPARAM@legacy %{URIPATH:path}%{URIPARAM:params}?
ELB_URIPATHPARAM@ecs %{ELB_URIPATHQUERY}
ELB_URI %{URIPROTO:proto|url.scheme}://(?:%{USER:|url.username}(?::[^@]*)?@)?%{ELB_URIHOST}?%{ELB_URIPATHPARAM}?
ELB_REQUEST_LINE (?:%{WORD:verb|http.request.method} %{ELB_URI:request|url.original}(?: HTTP/%{NUMBER:httpversion|http.version})?|%{DATA:rawrequest|})
ELB_V1_HTTP_LOG %{TIMESTAMP_ISO8601:timestamp} %{NOTSPACE:elb|aws.elb.name} %{IP:clientip|source.ip}:%{INT:clientport:int|source.port:int} (?:-|%{IP:backendip|aws.elb.backend.ip}:%{INT:backendport:int|aws.elb.backend.port:int}) (?:-1|%{NUMBER:request_processing_time:float|aws.elb.request_processing_time.sec:float}) (?:-1|%{NUMBER:backend_processing_time:float|aws.elb.backend_processing_time.sec:float}) (?:-1|%{NUMBER:response_processing_time:float|aws.elb.response_processing_time.sec:float}) (?:-|%{INT:response:int|http.response.status_code:int}) (?:-|%{INT:backend_response:int|aws.elb.backend.http.response.status_code:int}) %{INT:received_bytes:int|http.request.body.bytes:int} %{INT:bytes:int|http.response.body.bytes:int} "%{ELB_REQUEST_LINE}"(?: "(?:-|%{DATA:|user_agent.original})" (?:-|%{NOTSPACE:|tls.cipher}) (?:-|%{NOTSPACE:|aws.elb.ssl_protocol}))?
ELB_ACCESS_LOG %{ELB_V1_HTTP_LOG}
CLOUDFRONT_DATESTAMP %{YEAR}-%{MONTHNUM}-%{MONTHDAY}\t%{TIME}
CLOUDFRONT_CELL [^\t]+
CLOUDFRONT_ACCESS_LOG %{CLOUDFRONT_DATESTAMP:timestamp}\t%{WORD:x_edge_location|aws.cloudfront.x_edge_location}\t(?:-|%{INT:sc_bytes:int|destination.bytes:int})\t%{IPORHOST:clientip|source.ip}\t%{WORD:cs_method|http.request.method}\t%{HOSTNAME:cs_host|url.domain}\t%{NOTSPACE:cs_uri_stem|url.path}\t(?:000|%{INT:sc_status:int|http.response.status_code:int})\t%{CLOUDFRONT_CELL:referrer|http.request.referrer?}\t%{CLOUDFRONT_CELL:agent|user_agent.original?}\t%{CLOUDFRONT_CELL:cs_uri_query|url.query?}\t%{CLOUDFRONT_CELL:cookies|aws.cloudfront.http.request.cookie?}\t%{WORD:x_edge_result_type|aws.cloudfront.x_edge_result_type}\t%{NOTSPACE:x_edge_request_id|aws.cloudfront.x_edge_request_id}\t%{HOSTNAME:x_host_header|aws.cloudfront.http.request.host}\t%{URIPROTO:cs_protocol|network.protocol}\t(?:-|%{INT:cs_bytes:int|source.bytes:int})\t%{NUMBER:time_taken:float|aws.cloudfront.time_taken:float}\t%{CLOUDFRONT_CELL:x_forwarded_for|network.forwarded_ip?}\t%{CLOUDFRONT_CELL:ssl_protocol|aws.cloudfront.ssl_protocol?}\t%{CLOUDFRONT_CELL:ssl_cipher|tls.cipher?}\t%{CLOUDFRONT_CELL:x_edge_response_result_type|aws.cloudfront.x_edge_response_result_type?}
`;
