/** Firewalls of Cisco, Juniper and Linux. */
export const FIREWALLS = String.raw`
# Cisco ASA: https://www.cisco.com/c/en/us/td/docs/security/asa/syslog/asa-syslog.html
CISCOTIMESTAMP %{MONTH} +%{MONTHDAY}(?: %{YEAR})? %{TIME}
CISCOTAG [A-Z0-9]+-%{INT}-(?:[A-Z0-9_]+)
CISCO_TAGGED_SYSLOG ^<%{POSINT:syslog_pri|log.syslog.priority:int}>%{CISCOTIMESTAMP:timestamp}(?: %{SYSLOGHOST:sysloghost|host.hostname})? ?: %%{CISCOTAG:ciscotag|cisco.asa.tag}:
CISCO_ACTION Built|Teardown|Deny|Denied|denied|requested|permitted|denied by ACL|discarded|est-allowed|Dropping|created|deleted
CISCO_REASON Duplicate TCP SYN|Failed to locate egress interface|Invalid transport field|No matching connection|DNS Response|DNS Query|(?:%{WORD}\s*)*
CISCO_DIRECTION Inbound|inbound|Outbound|outbound
CISCO_INTERVAL first hit|%{INT}-second interval
CISCO_XLATE_TYPE static|dynamic
CISCO_HITCOUNT_INTERVAL hit-cnt %{INT:hit_count|cisco.asa.hit_count:int} %{CISCO_INTERVAL:interval|}
CISCO_HASHCODES \[%{DATA:hashcode1|[@metadata][cisco][asa][hashcode1]}, %{DATA:hashcode2|[@metadata][cisco][asa][hashcode2]}\]
CISCO_TRANSPORT %{WORD:protocol|cisco.asa.network.transport}
CISCO_INGRESS %{NOTSPACE:src_interface|observer.ingress.interface.name}
CISCO_EGRESS %{NOTSPACE:dst_interface|observer.egress.interface.name}
CISCO_ON_INTERFACE %{GREEDYDATA:interface|observer.egress.interface.name}
CISCO_SRC %{IP:src_ip|source.ip}(?:/%{INT:src_port|source.port:int})?
CISCO_DST %{IP:dst_ip|destination.ip}(?:/%{INT:dst_port|destination.port:int})?
CISCO_SRC_IP_USER %{CISCO_INGRESS}:%{IP:src_ip|source.ip}(?:\(%{DATA:src_fwuser|source.user.name}\))?
CISCO_DST_IP_USER %{CISCO_EGRESS}:%{IP:dst_ip|destination.ip}(?:\(%{DATA:dst_fwuser|destination.user.name}\))?
CISCO_SRC_HOST_PORT_USER %{CISCO_INGRESS}:%{IPORHOST:src_ip|source.ip}(?:/%{INT:src_port|source.port:int})?(?:\(%{DATA:src_fwuser|source.user.name}\))?
CISCO_DST_HOST_PORT_USER %{CISCO_EGRESS}:%{IPORHOST:dst_ip|destination.ip}(?:/%{INT:dst_port|destination.port:int})?(?:\(%{DATA:dst_fwuser|destination.user.name}\))?
CISCOFW104001 \(%{WORD:|cisco.asa.failover_unit}\) Switching to ACTIVE - %{GREEDYDATA:switch_reason|event.reason}
CISCOFW104002 \(%{WORD:|cisco.asa.failover_unit}\) Switching to STANDBY - %{GREEDYDATA:switch_reason|event.reason}
CISCOFW104003 \(%{WORD:|cisco.asa.failover_unit}\) Switching to FAILED\.
CISCOFW104004 \(%{WORD:|cisco.asa.failover_unit}\) Switching to OK\.
CISCOFW105003 \(%{WORD:|cisco.asa.failover_unit}\) Monitoring on interface %{NOTSPACE:interface_name|network.interface.name} waiting
CISCOFW105004 \(%{WORD:|cisco.asa.failover_unit}\) Monitoring on interface %{NOTSPACE:interface_name|network.interface.name} normal
CISCOFW105005 \(%{WORD:|cisco.asa.failover_unit}\) Lost Failover communications with mate on interface %{NOTSPACE:interface_name|network.interface.name}
CISCOFW105008 \(%{WORD:|cisco.asa.failover_unit}\) Testing [Ii]nterface %{NOTSPACE:interface_name|network.interface.name}
CISCOFW105009 \(%{WORD:|cisco.asa.failover_unit}\) Testing on interface %{NOTSPACE:interface_name|network.interface.name} (?:Passed|Failed)
CISCOFW106001 %{CISCO_DIRECTION:direction|cisco.asa.network.direction} %{CISCO_TRANSPORT} connection %{CISCO_ACTION:action|cisco.asa.outcome} from %{CISCO_SRC} to %{CISCO_DST} flags %{DATA:tcp_flags|cisco.asa.tcp_flags} on interface %{CISCO_ON_INTERFACE}
CISCOFW106006_106007_106010 %{CISCO_ACTION:action|cisco.asa.outcome} %{CISCO_DIRECTION:direction|cisco.asa.network.direction} %{CISCO_TRANSPORT} (?:from|src) (?:%{NOTSPACE:src_interface|observer.ingress.interface.name}:)?%{CISCO_SRC}(?:\(%{DATA:src_fwuser|source.user.name}\))? (?:to|dst) (?:%{NOTSPACE:dst_interface|observer.egress.interface.name}:)?%{CISCO_DST}(?:\(%{DATA:dst_fwuser|destination.user.name}\))? (?:(?:on interface %{NOTSPACE:interface|observer.egress.interface.name})|(?:due to %{CISCO_REASON:reason|event.reason}))
CISCOFW106014 %{CISCO_ACTION:action|cisco.asa.outcome} %{CISCO_DIRECTION:direction|cisco.asa.network.direction} %{CISCO_TRANSPORT} src %{CISCO_SRC_IP_USER} dst %{CISCO_DST_IP_USER}\s?\(type %{INT:icmp_type|cisco.asa.icmp_type:int}, code %{INT:icmp_code|cisco.asa.icmp_code:int}\)
CISCOFW106015 %{CISCO_ACTION:action|cisco.asa.outcome} %{CISCO_TRANSPORT} \(%{DATA:policy_id|cisco.asa.rule_name}\) from %{CISCO_SRC} to %{CISCO_DST} flags %{DATA:tcp_flags|cisco.asa.tcp_flags} on interface %{CISCO_ON_INTERFACE}
CISCOFW106021 %{CISCO_ACTION:action|cisco.asa.outcome} %{CISCO_TRANSPORT} reverse path check from %{IP:src_ip|source.ip} to %{IP:dst_ip|destination.ip} on interface %{CISCO_ON_INTERFACE}
CISCOFW106023 %{CISCO_ACTION:action|cisco.asa.outcome}(?: protocol)? %{CISCO_TRANSPORT} src %{CISCO_INGRESS}:%{DATA:src_ip|source.ip}(?:/%{INT:src_port|source.port:int})?(?:\(%{DATA:src_fwuser|source.user.name}\))? dst %{CISCO_EGRESS}:%{DATA:dst_ip|destination.ip}(?:/%{INT:dst_port|destination.port:int})?(?:\(%{DATA:dst_fwuser|destination.user.name}\))?(?: \(type %{INT:icmp_type|cisco.asa.icmp_type:int}, code %{INT:icmp_code|cisco.asa.icmp_code:int}\))? by access-group "?%{DATA:policy_id|cisco.asa.rule_name}"? %{CISCO_HASHCODES}
CISCOFW106100_2_3 access-list %{NOTSPACE:policy_id|cisco.asa.rule_name} %{CISCO_ACTION:action|cisco.asa.outcome} %{CISCO_TRANSPORT} for user '%{DATA:src_fwuser|user.name}' %{CISCO_PAIR}
CISCOFW106100 access-list %{NOTSPACE:policy_id|cisco.asa.rule_name} %{CISCO_ACTION:action|cisco.asa.outcome} %{CISCO_TRANSPORT} %{CISCO_PAIR}
CISCO_PAIR %{DATA:src_interface|observer.ingress.interface.name}/%{IP:src_ip|source.ip}\(%{INT:src_port|source.port:int}\)(?:\(%{DATA:src_fwuser|source.user.name}\))? -> %{DATA:dst_interface|observer.egress.interface.name}/%{IP:dst_ip|destination.ip}\(%{INT:dst_port|destination.port:int}\)(?:\(%{DATA:dst_fwuser|destination.user.name}\))? %{CISCO_HITCOUNT_INTERVAL} %{CISCO_HASHCODES}
CISCOFW304001 %{IP:src_ip|source.ip}(?:\(%{DATA:src_fwuser|source.user.name}\))? Accessed URL %{IP:dst_ip|destination.ip}:%{GREEDYDATA:dst_url|url.original}
CISCOFW110002 %{CISCO_REASON:reason|event.reason} for %{CISCO_TRANSPORT} from %{DATA:src_interface|observer.ingress.interface.name}:%{CISCO_SRC} to %{CISCO_DST}
CISCOFW302010 %{INT:connection_count|cisco.asa.connections.in_use:int} in use, %{INT:connection_count_max|cisco.asa.connections.most_used:int} most used
CISCO_MAPPED_SRC %{DATA:src_interface|observer.ingress.interface.name}:%{IP:src_ip|source.ip}/%{INT:src_port|source.port:int}(?: \(%{IP:src_mapped_ip|source.nat.ip}/%{INT:src_mapped_port|source.nat.port:int}\))?(?:\(%{DATA:src_fwuser|source.user.name}\))?
CISCO_MAPPED_DST %{DATA:dst_interface|observer.egress.interface.name}:%{IP:dst_ip|destination.ip}/%{INT:dst_port|destination.port:int}(?: \(%{IP:dst_mapped_ip|destination.nat.ip}/%{INT:dst_mapped_port|destination.nat.port:int}\))?(?:\(%{DATA:dst_fwuser|destination.user.name}\))?
CISCOFW302013_302014_302015_302016 %{CISCO_ACTION:action|cisco.asa.outcome}(?: %{CISCO_DIRECTION:direction|cisco.asa.network.direction})? %{CISCO_TRANSPORT} connection %{INT:connection_id|cisco.asa.connection_id} for %{CISCO_MAPPED_SRC} to %{CISCO_MAPPED_DST}(?: duration %{TIME:duration|cisco.asa.duration} bytes %{INT:bytes|network.bytes:int})?(?: %{CISCO_REASON:reason|event.reason})?(?: \(%{DATA:user|user.name}\))?
CISCOFW302020_302021 %{CISCO_ACTION:action|cisco.asa.outcome}(?: %{CISCO_DIRECTION:direction|cisco.asa.network.direction})? %{CISCO_TRANSPORT} connection for faddr %{IP:dst_ip|destination.ip}/%{INT:icmp_seq_num|cisco.asa.icmp_seq:int}(?:\(%{DATA:fwuser|destination.user.name}\))? gaddr %{IP:src_xlated_ip|source.nat.ip}/%{INT:icmp_code_xlated|cisco.asa.icmp_type:int} laddr %{IP:src_ip|source.ip}/%{INT:icmp_code|}(?: \(%{DATA:user|user.name}\))?
CISCOFW305011 %{CISCO_ACTION:action|cisco.asa.outcome} %{CISCO_XLATE_TYPE:xlate_type|} %{CISCO_TRANSPORT} translation from %{DATA:src_interface|observer.ingress.interface.name}:%{CISCO_SRC}(?:\(%{DATA:src_fwuser|source.user.name}\))? to %{DATA:src_xlated_interface|observer.egress.interface.name}:%{IP:src_xlated_ip|destination.ip}/%{INT:src_xlated_port|destination.port:int}
CISCOFW313001_313004_313008 %{CISCO_ACTION:action|cisco.asa.outcome} %{CISCO_TRANSPORT} type=%{INT:icmp_type|cisco.asa.icmp_type:int}, code=%{INT:icmp_code|cisco.asa.icmp_code:int} from %{IP:src_ip|source.ip} on interface %{NOTSPACE:interface|observer.egress.interface.name}(?: to %{IP:dst_ip|destination.ip})?
CISCOFW313005 %{CISCO_REASON:reason|event.reason} for %{CISCO_TRANSPORT} error message: %{WORD:err_protocol|} src %{CISCO_INGRESS}:%{IP:err_src_ip|source.ip}(?:\(%{DATA:err_src_fwuser|source.user.name}\))? dst %{CISCO_EGRESS}:%{IP:err_dst_ip|destination.ip}(?:\(%{DATA:err_dst_fwuser|destination.user.name}\))? \(type %{INT:err_icmp_type|cisco.asa.icmp_type:int}, code %{INT:err_icmp_code|cisco.asa.icmp_code:int}\) on %{DATA:interface|} interface\. *Original IP payload: %{WORD:orig_protocol|cisco.asa.original_ip_payload.network.transport} src %{IP:orig_src_ip|cisco.asa.original_ip_payload.source.ip}/%{INT:orig_src_port|cisco.asa.original_ip_payload.source.port:int}(?:\(%{DATA:orig_src_fwuser|cisco.asa.original_ip_payload.source.user.name}\))? dst %{IP:orig_dst_ip|cisco.asa.original_ip_payload.destination.ip}/%{INT:orig_dst_port|cisco.asa.original_ip_payload.destination.port:int}(?:\(%{DATA:orig_dst_fwuser|cisco.asa.original_ip_payload.destination.user.name}\))?
CISCOFW321001 Resource '%{DATA:resource_name|cisco.asa.resource.name}' limit of %{POSINT:resource_limit|cisco.asa.resource.limit:int} reached for system
CISCOFW402117 %{WORD:protocol|cisco.asa.network.type}: Received a non-IPSec packet \(protocol= ?%{WORD:orig_protocol|cisco.asa.network.transport}\) from %{IP:src_ip|source.ip} to %{IP:dst_ip|destination.ip}
CISCOFW402119 %{WORD:protocol|cisco.asa.network.type}: Received an %{WORD:orig_protocol|cisco.asa.ipsec.protocol} packet \(SPI= ?%{DATA:spi|cisco.asa.ipsec.spi}, sequence number= ?%{DATA:seq_num|cisco.asa.ipsec.seq_num}\) from %{IP:src_ip|source.ip} \(user= ?%{DATA:user|source.user.name}\) to %{IP:dst_ip|destination.ip} that failed anti-replay checking
CISCOFW419001 %{CISCO_ACTION:action|cisco.asa.outcome} %{CISCO_TRANSPORT} packet from %{CISCO_INGRESS}:%{CISCO_SRC} to %{CISCO_EGRESS}:%{CISCO_DST}, reason: %{GREEDYDATA:reason|event.reason}
CISCOFW419002 %{CISCO_REASON:reason|event.reason} from %{DATA:src_interface|observer.ingress.interface.name}:%{CISCO_SRC} to %{DATA:dst_interface|observer.egress.interface.name}:%{CISCO_DST} with different initial sequence number
CISCOFW500004 %{CISCO_REASON:reason|event.reason} for protocol=%{WORD:protocol|cisco.asa.network.transport}, from %{CISCO_SRC} to %{CISCO_DST}
CISCOFW602303_602304 %{WORD:protocol|cisco.asa.network.type}: An %{CISCO_DIRECTION:direction|cisco.asa.network.direction} %{DATA:tunnel_type|cisco.asa.ipsec.tunnel_type} SA \(SPI= ?%{DATA:spi|cisco.asa.ipsec.spi}\) between %{IP:src_ip|source.ip} and %{IP:dst_ip|destination.ip} \(user= ?%{DATA:user|source.user.name}\) has been %{CISCO_ACTION:action|cisco.asa.outcome}
CISCOFW710001_710002_710003_710005_710006 %{CISCO_TRANSPORT} (?:request|access) %{CISCO_ACTION:action|cisco.asa.outcome} from %{CISCO_SRC} to %{DATA:dst_interface|observer.egress.interface.name}:%{CISCO_DST}
CISCOFW713172 Group = %{DATA:group|cisco.asa.source.group}, IP = %{IP:src_ip|source.ip}, Automatic NAT Detection Status:\s+Remote end\s*%{DATA:is_remote_natted|[@metadata][cisco][asa][remote_nat]}\s*behind a NAT device\s+This\s+end\s*%{DATA:is_local_natted|[@metadata][cisco][asa][local_nat]}\s*behind a NAT device
CISCOFW733100 \[\s*%{DATA:drop_type|cisco.asa.burst.object}\s*\] drop %{DATA:drop_rate_id|cisco.asa.burst.id} exceeded\. Current burst rate is %{INT:drop_rate_current_burst|cisco.asa.burst.current_rate:int} per second, max configured rate is %{INT:drop_rate_max_burst|cisco.asa.burst.configured_rate:int}; Current average rate is %{INT:drop_rate_current_avg|cisco.asa.burst.avg_rate:int} per second, max configured rate is %{INT:drop_rate_max_avg|cisco.asa.burst.configured_avg_rate:int}; Cumulative total count is %{INT:drop_total_count|cisco.asa.burst.cumulative_count:int}

# Juniper NetScreen and SRX
NETSCREENSESSIONLOG@legacy %{SYSLOGTIMESTAMP:date} %{IPORHOST:device} \S+ NetScreen device_id=%{WORD:device_id} .{0,2}\[Root\]system-\w+-[0-9]+\(traffic\): start_time=%{QUOTEDSTRING:start_time} duration=%{INT:duration} policy_id=%{INT:policy_id} service=%{DATA:service} proto=%{INT:proto} src zone=%{WORD:src_zone} dst zone=%{WORD:dst_zone} action=%{WORD:action} sent=%{INT:sent} rcvd=%{INT:rcvd} src=%{IPORHOST:src_ip} dst=%{IPORHOST:dst_ip} src_port=%{INT:src_port} dst_port=%{INT:dst_port} src-xlated ip=%{IPORHOST:src_xlated_ip} port=%{INT:src_xlated_port} dst-xlated ip=%{IPORHOST:dst_xlated_ip} port=%{INT:dst_xlated_port} session_id=%{INT:session_id} reason=%{GREEDYDATA:reason}
NETSCREENSESSIONLOG@ecs %{SYSLOGTIMESTAMP:timestamp} %{IPORHOST:observer.hostname} %{NOTSPACE:observer.name}: %{WORD:observer.product} device_id=%{WORD:netscreen.device_id} .{0,2}\[\w+\]system-\w+-%{NONNEGINT:event.code}\(%{WORD:netscreen.session.type}\): start_time="%{DATA:netscreen.session.start_time}" duration=%{INT:netscreen.session.duration:int} policy_id=%{INT:netscreen.policy_id} service=%{DATA:netscreen.service} proto=%{INT:netscreen.protocol_number:int} src zone=%{WORD:observer.ingress.zone} dst zone=%{WORD:observer.egress.zone} action=%{WORD:event.action} sent=%{INT:source.bytes:int} rcvd=%{INT:destination.bytes:int} src=%{IPORHOST:source.address} dst=%{IPORHOST:destination.address}(?: src_port=%{INT:source.port:int} dst_port=%{INT:destination.port:int})?(?: src-xlated ip=%{IP:source.nat.ip} port=%{INT:source.nat.port:int} dst-xlated ip=%{IP:destination.nat.ip} port=%{INT:destination.nat.port:int})?(?: session_id=%{INT:netscreen.session.id} reason=%{GREEDYDATA:netscreen.session.reason})?
RT_FLOW_TAG RT_FLOW_SESSION_CREATE|RT_FLOW_SESSION_CLOSE|RT_FLOW_SESSION_DENY
RT_FLOW_EVENT %{RT_FLOW_TAG}
RT_FLOW_ADDRESSES %{IP:src-ip|source.ip}/%{INT:src-port|source.port:int}->%{IP:dst-ip|destination.ip}/%{INT:dst-port|destination.port:int} %{DATA:service|juniper.srx.service_name}
RT_FLOW_NAT %{IP:nat-src-ip|source.nat.ip}/%{INT:nat-src-port|source.nat.port:int}->%{IP:nat-dst-ip|destination.nat.ip}/%{INT:nat-dst-port|destination.nat.port:int} (?:(?:None|N/A)|%{NOTSPACE:|juniper.srx.src_nat_rule_name}) (?:(?:None|N/A)|%{NOTSPACE:|juniper.srx.dst_nat_rule_name})
RT_FLOW_NAT@legacy %{IP:nat-src-ip}/%{INT:nat-src-port}->%{IP:nat-dst-ip}/%{INT:nat-dst-port} %{NOTSPACE:src-nat-rule-name} %{NOTSPACE:dst-nat-rule-name}
RT_FLOW_POLICY %{INT:protocol-id|network.iana_number} %{NOTSPACE:policy-name|rule.name} %{NOTSPACE:from-zone|observer.ingress.zone} %{NOTSPACE:to-zone|observer.egress.zone}
RT_FLOW1 %{RT_FLOW_TAG:event|juniper.srx.tag}: %{GREEDYDATA:close-reason|juniper.srx.reason}: %{RT_FLOW_ADDRESSES} %{RT_FLOW_NAT} %{RT_FLOW_POLICY} %{INT:session-id|juniper.srx.session_id} [0-9]+\(%{INT:sent|source.bytes:int}\) [0-9]+\(%{INT:received|destination.bytes:int}\) %{INT:elapsed-time|juniper.srx.elapsed_time:int} .*
RT_FLOW2 %{RT_FLOW_TAG:event|juniper.srx.tag}: session created %{RT_FLOW_ADDRESSES} %{RT_FLOW_NAT} %{RT_FLOW_POLICY} %{INT:session-id|juniper.srx.session_id} .*
RT_FLOW3 %{RT_FLOW_TAG:event|juniper.srx.tag}: session denied %{RT_FLOW_ADDRESSES} %{INT:protocol-id|network.iana_number}\([0-9]+\) %{NOTSPACE:policy-name|rule.name} %{NOTSPACE:from-zone|observer.ingress.zone} %{NOTSPACE:to-zone|observer.egress.zone} .*

# Linux netfilter, as SuSEfirewall2, Shorewall and iptables log it
NETFILTERMAC %{COMMONMAC:nf_dst_mac|destination.mac}:%{COMMONMAC:nf_src_mac|source.mac}:[A-Fa-f0-9]{2}:[A-Fa-f0-9]{2}
SFW2_LOG_PREFIX SFW2-INext-%{NOTSPACE:nf_action|suse.firewall.action}
SFW2 (?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp})\s*%{HOSTNAME:|observer.hostname}.*?\[\s*%{NUMBER:nagios_epoch|suse.firewall.uptime}\] %{SFW2_LOG_PREFIX} %{IPTABLES_REST}
IPTABLES_REST IN=%{NOTSPACE:nf_in_interface|observer.ingress.interface.name}? OUT=%{NOTSPACE:nf_out_interface|observer.egress.interface.name}?(?: PHYS(?:IN|OUT)=\S+)* MAC=(?:%{NETFILTERMAC}|[A-Fa-f0-9:]*) SRC=%{IP:nf_src_ip|source.ip} DST=%{IP:nf_dst_ip|destination.ip}.*?(?: PROTO=%{WORD:nf_protocol|network.transport})(?: SPT=%{INT:nf_src_port|source.port:int} DPT=%{INT:nf_dst_port|destination.port:int})?
SHOREWALL (?:%{SYSLOGTIMESTAMP:timestamp}) (?:%{WORD:nf_host|observer.hostname}) .*?Shorewall:(?:%{WORD:nf_action1|shorewall.firewall.type})?:(?:%{WORD:nf_action2|shorewall.firewall.action})?.*?%{IPTABLES_REST}
IPTABLES %{IPTABLES_REST}
`;
