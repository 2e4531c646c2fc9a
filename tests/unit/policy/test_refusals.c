/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every refusal of a policy, word by word, with its exact place. Places inside `ports` are in
 * test_places.c, its grammar in test_ports.c.
 */
#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"
#include "policy/yaml.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

struct refusal {
	const char *name;
	const char *text;
	const char *error;
};

/* A policy with one rule in block style, or in flow style on line 3. */
#define BLOCK(rule) "version: 1\nrules:\n  - " rule
#define FLOW(rule)  "version: 1\nrules:\n  - {" rule "}\n"
#define NAME_RIGHT  ": write 1 to 32 of a-z, 0-9, '.', '_', '-', the first a letter or a digit"
#define D10	    "dddddddddd"
#define D100	    D10 D10 D10 D10 D10 D10 D10 D10 D10 D10
#define N32	    "a23456789012345678901234567890.2"

static const struct refusal top_refusals[] = {
	{ "an empty file is refused", "",
	  "p:1:1: the policy is empty: it needs at least 'version: 1'" },
	{ "comments alone are refused", "# x\n",
	  "p:1:1: the policy is empty: it needs at least 'version: 1'" },
	{ "an empty document is refused", "---\n...\n",
	  "p:1:1: the policy is empty: it needs at least 'version: 1'" },
	{ "a list is refused", "- version: 1",
	  "p:1:1: the policy must be a mapping, as 'version: 1' and further keys" },
	{ "a word is refused", "\n  version",
	  "p:2:3: the policy must be a mapping, as 'version: 1' and further keys" },
	{ "an empty mapping has no version", " {}",
	  "p:1:2: missing key 'version' in the policy: write 'version: 1'" },
	{ "a policy without version is refused", "# x\nmode: monitor",
	  "p:2:1: missing key 'version' in the policy: write 'version: 1'" },
	{ "version 2 is refused", "version: 2",
	  "p:1:10: unknown version '2' (write 'version: 1')" },
	{ "version 1.0 is refused", "version: 1.0",
	  "p:1:10: unknown version '1.0' (write 'version: 1')" },
	{ "a version that is a list is refused", "version: [1]",
	  "p:1:10: 'version' cannot be a list: write 'version: 1'" },
	{ "an unknown key has a suggestion", "version: 1\nrule: []",
	  "p:2:1: unknown key 'rule' in the policy (did you mean 'rules'?)" },
	{ "an unknown key like no other gets the list", "version: 1\nxyzzy: 1",
	  "p:2:1: unknown key 'xyzzy' in the policy (known keys are version, mode, default, "
	  "return, flows, grace, unconnected_udp, simultaneous_open, dhcp_client, sets, runtime, "
	  "rules "
	  "and portless)" },
	{ "a merge key is an unknown key", "version: 1\n<<: {}",
	  "p:2:1: unknown key '<<' in the policy (known keys are version, mode, default, "
	  "return, flows, grace, unconnected_udp, simultaneous_open, dhcp_client, sets, runtime, "
	  "rules "
	  "and portless)" },
	{ "a duplicate key is refused at the second", "version: 1\nmode: monitor\nmode: enforce",
	  "p:3:1: duplicate key 'mode' in the policy (the first is on line 2)" },
	{ "a key that is a list is refused", "version: 1\n? [a]\n: b",
	  "p:2:3: a key of the policy must be a word" },
	{ "an unknown mode has a suggestion", "version: 1\nmode: monitro",
	  "p:2:7: 'mode' cannot be 'monitro' (did you mean 'monitor'?)" },
	{ "an unknown mode like no other gets the words", "version: 1\nmode: \"x\"",
	  "p:2:7: 'mode' cannot be 'x' (write enforce or monitor)" },
	{ "a mode without value is refused", "version: 1\nmode:\n",
	  "p:2:6: 'mode' has no value: write enforce or monitor" },
	{ "a mode of null is refused", "version: 1\nmode: null\n",
	  "p:2:7: 'mode' has no value: write enforce or monitor" },
	{ "a mode that is a mapping is refused", "version: 1\nmode: {enforce: }\n",
	  "p:2:7: 'mode' cannot be a mapping: write enforce or monitor" },
	{ "a mode that is a list is refused", "version: 1\nmode: [enforce]\n",
	  "p:2:7: 'mode' cannot be a list: write enforce or monitor" },
	{ "an unknown default is refused", "version: 1\ndefault: deny",
	  "p:2:10: 'default' cannot be 'deny': write drop" },
	{ "a default like no other word is refused", "version: 1\ndefault: xyzzy",
	  "p:2:10: 'default' cannot be 'xyzzy' (write allow, drop or {action: drop, mode: "
	  "monitor})" },
	{ "a default that is a list is refused", "version: 1\ndefault: [drop]",
	  "p:2:10: 'default' cannot be a list: write allow, drop or {action: drop, mode: "
	  "monitor}" },
	{ "a default without an action is refused", "version: 1\ndefault: {mode: monitor}",
	  "p:2:10: missing key 'action' in 'default': write 'action: drop' or 'action: allow'" },
	{ "an unknown mode of the default is refused",
	  "version: 1\ndefault: {action: drop, mode: monitr}",
	  "p:2:31: 'mode' cannot be 'monitr' (did you mean 'monitor'?)" },
	{ "a default of allow drops nothing to monitor",
	  "version: 1\ndefault: {action: allow, mode: monitor}",
	  "p:2:26: 'mode: monitor' is for a default of drop: leave it out, a default of allow "
	  "drops "
	  "nothing" },
	{ "nor does a rule that allows",
	  "version: 1\nrules:\n- {name: a, action: allow, ports: tcp/80, mode: monitor}",
	  "p:3:43: 'mode: monitor' is for rules with action drop: leave it out, an allow rule "
	  "drops "
	  "nothing" },
	{ "an unknown mode of a rule is refused",
	  "version: 1\nrules:\n- {name: a, action: drop, ports: tcp/80, mode: count}",
	  "p:3:48: 'mode' cannot be 'count' (write enforce or monitor)" },
	{ "too few flows are refused", "version: 1\nflows: 1023",
	  "p:2:8: 'flows' cannot be '1023' (write a number from 1024 to 4194304)" },
	{ "too many flows are refused", "version: 1\nflows: 4194305",
	  "p:2:8: 'flows' cannot be '4194305' (write a number from 1024 to 4194304)" },
	{ "a word for a number of flows is refused", "version: 1\nflows: many",
	  "p:2:8: 'flows' cannot be 'many' (write a number from 1024 to 4194304)" },
	{ "a grace of more than an hour is refused", "version: 1\ngrace: 3601",
	  "p:2:8: 'grace' cannot be '3601' (write a duration up to 1h, such as 60s, or 0)" },
	{ "a negative grace is refused", "version: 1\ngrace: -1",
	  "p:2:8: 'grace' cannot be '-1' (write a duration up to 1h, such as 60s, or 0)" },
	{ "an unknown unconnected_udp is refused", "version: 1\nunconnected_udp: yes",
	  "p:2:18: 'unconnected_udp' cannot be 'yes' (write never, flow, ephemeral or any)" },
	{ "an unknown simultaneous_open is refused", "version: 1\nsimultaneous_open: allow",
	  "p:2:20: 'simultaneous_open' cannot be 'allow' (write pass or drop)" },
	{ "replies of a rule that allows is refused",
	  "version: 1\nrules:\n- {name: a, action: allow, replies: drop, ports: tcp/80}",
	  "p:3:28: 'replies' is for rules with action drop: leave it out, an allowed reply passes "
	  "anyway" },
	{ "an unknown replies is refused",
	  "version: 1\nrules:\n- {name: a, action: drop, replies: yes, ports: tcp/80}",
	  "p:3:36: 'replies' cannot be 'yes' (write pass or drop)" },
	{ "an unknown return has a suggestion", "version: 1\nreturn: nnoe",
	  "p:2:9: 'return' cannot be 'nnoe' (did you mean 'none'?)" },
	{ "an unknown dhcp_client is refused", "version: 1\ndhcp_client: yes",
	  "p:2:14: 'dhcp_client' cannot be 'yes' (write auto or off)" },
	{ "rules that are a mapping are refused", "version: 1\nrules: {web: x}",
	  "p:2:8: 'rules' cannot be a mapping: write a list of - {name: ..., action: ..., ports: "
	  "...}" },
	{ "rules that are a word are refused", "version: 1\nrules: none",
	  "p:2:8: 'rules' cannot be a word: write a list of - {name: ..., action: ..., ports: "
	  "...}" },
	{ "a rule that is a word is refused", "version: 1\nrules: [web]",
	  "p:2:9: a rule must be a mapping: write {name: ..., action: ..., ports: ...}" },
	{ "an unknown knob has a suggestion", "version: 1\nportless:\n  later_fragmnt: drop",
	  "p:3:3: unknown key 'later_fragmnt' in 'portless' (did you mean 'later_fragment'?)" },
	{ "an unknown knob like no other is refused", "version: 1\nportless: {arp: drop}",
	  "p:2:12: unknown key 'arp' in 'portless' (docs/packets.md has the list)" },
	{ "a duplicate knob is refused", "version: 1\nportless:\n  hip: drop\n  hip: drop",
	  "p:4:3: duplicate key 'hip' in 'portless' (the first is on line 3)" },
	{ "an unknown choice of a knob is refused", "version: 1\nportless: {hip: accept}",
	  "p:2:17: 'hip' cannot be 'accept': write allow" },
	{ "portless that is a list is refused", "version: 1\nportless: [hip]",
	  "p:2:11: 'portless' cannot be a list: write a mapping such as {later_fragment: allow}" },
};

static const struct refusal yaml_refusals[] = {
	{ "a second document is refused", "version: 1\n---\nversion: 1",
	  "p:2:1: a second YAML document: a policy has only one" },
	{ "text after the document is refused", "version: 1\n...\nversion: 1",
	  "p:3:1: not valid YAML: did not find expected <document start>" },
	{ "an anchor is refused", "version: 1\nrules: &x []", "p:2:8: anchors are not supported" },
	{ "an anchor at a mapping is refused", "&x {version: 1}",
	  "p:1:1: anchors are not supported" },
	{ "an anchor at a word is refused", "version: &x 1", "p:1:10: anchors are not supported" },
	{ "an alias is refused", "version: *x", "p:1:10: aliases are not supported" },
	{ "a tag is refused", "version: !!int 1", "p:1:10: tags are not supported" },
	{ "a tag at a list is refused", "version: 1\nrules: !x []",
	  "p:2:8: tags are not supported" },
	{ "a tag at a mapping is refused", "!!map {version: 1}", "p:1:1: tags are not supported" },
	{ "a tab as indentation is refused", "version: 1\nportless:\n\thip: drop",
	  "p:3:1: not valid YAML: a tab (indent with spaces)" },
	{ "an unclosed bracket is refused", "version: 1\nrules: [\n",
	  "p:3:1: not valid YAML: a '[' or '{' before this has no end: write a ']' or '}'" },
	{ "a comma at the wrong place in a list is refused", "version: 1\nrules: [,]\n",
	  "p:2:9: not valid YAML: did not find expected node content while parsing a flow node" },
	{ "an unclosed brace is refused", "version: 1\nrules: [{name: web, action: allow\n",
	  "p:3:1: not valid YAML: the '{' on line 2 has no end: write a comma or '}' before "
	  "this" },
	{ "a bracket that a brace closes is refused", FLOW("ports: [tcp/80"),
	  "p:3:20: not valid YAML: the '[' on line 3 has no end: write a comma or ']' before "
	  "this" },
	{ "indentation that matches no level is refused",
	  BLOCK("name: web\n    action: allow\n    ports: tcp/80\n - name: dns\n"),
	  "p:6:2: not valid YAML: this line is indented by 1 space: write 2, as the items of the "
	  "list" },
	{ "an item under the keys of another is refused",
	  "version: 1\nrules:\n- name: web\n  action: allow\n  ports: tcp/80\n  - name: b\n",
	  "p:6:3: not valid YAML: this line is indented by 2 spaces: write 0, as the items of the "
	  "list" },
	{ "a key with less indentation than the others is refused",
	  BLOCK("name: web\n    action: allow\n   ports: tcp/80\n"),
	  "p:5:4: not valid YAML: this line is indented by 3 spaces: write 0, 2 or 4, as lines "
	  "before it" },
	{ "a key with more indentation than the others is refused",
	  BLOCK("name: web\n    action: allow\n     ports: tcp/80\n"),
	  "p:5:6: not valid YAML: this line is indented by 5 spaces: write 0, 2 or 4, as lines "
	  "before it" },
	{ "a second line with more indentation is refused", "version: 1\n mode: monitor\n",
	  "p:2:2: not valid YAML: this line is indented by 1 space: write 0, as lines before it" },
	{ "comments and empty lines have no indentation",
	  "version: 1\n   # x\n\nportless:\n  hip: drop\n# y\n shim6: drop\n",
	  "p:7:2: not valid YAML: this line is indented by 1 space: write 0 or 2, as lines before "
	  "it" },
	{ "only the lines around a line say how far it is indented",
	  "version: 1\nrules:\n  - name: web\n    action: drop\n    ports: tcp/80\nportless:\n"
	  "  hip: drop\n   shim6: drop\n",
	  "p:8:4: not valid YAML: this line is indented by 3 spaces: write 0 or 2, as lines "
	  "before it" },
	{ "a colon without a space is refused", "version: 1\nmode:monitor\ndefault: drop\n",
	  "p:2:6: not valid YAML: a space is missing after ':': write 'mode: monitor'" },
	{ "and in the last line", "version: 1\nmode:monitor",
	  "p:2:6: not valid YAML: a space is missing after ':': write 'mode: monitor'" },
	{ "and in the first line", "version:1\nmode: monitor\n",
	  "p:1:1: a space is missing after ':': write 'version: 1'" },
	{ "and alone", "version:1", "p:1:9: a space is missing after ':': write 'version: 1'" },
	{ "and in the first line of a rule",
	  BLOCK("name:web\n    action: allow\n    ports: tcp/80\n"),
	  "p:3:10: not valid YAML: a space is missing after ':': write 'name: web'" },
	{ "and in a later line of a rule",
	  BLOCK("name: web\n    action:allow\n    ports: tcp/80\n"),
	  "p:4:12: not valid YAML: a space is missing after ':': write 'action: allow'" },
	{ "and in a flow mapping", FLOW("name: web, action:allow, ports: tcp/80"),
	  "p:3:24: a space is missing after ':': write 'action: allow'" },
	{ "a dash without a space is refused", "version: 1\nrules:\n  -name: web\n",
	  "p:3:3: a space is missing after '-': write '- name'" },
	{ "a key without a colon is refused", "version: 1\ndefault drop\nmode: monitor\n",
	  "p:2:8: not valid YAML: a ':' is missing: write 'default: drop'" },
	{ "a list after a key without a colon is refused", "version: 1\nrules\n  - {name: a}\n",
	  "p:2:6: not valid YAML: a ':' is missing: write 'rules:'" },
	{ "two keys on a line are refused", BLOCK("name: web, action: allow\n"),
	  "p:3:22: not valid YAML: a second key on this line: write it on a line of its own, or "
	  "all keys in {}" },
	{ "an unclosed quote is refused", "version: 1\nmode: \"monitor\n",
	  "p:2:7: not valid YAML: this quote has no end: write one more after the text" },
	{ "a control character is refused", "version: 1\nmode: \x1b[1m",
	  "p:2:7: not UTF-8 text: control characters are not allowed (0x1b)" },
	{ "bytes that are not UTF-8 are refused", "version: 1\n# \xc3\xa4 \xff\n",
	  "p:2:5: not UTF-8 text: invalid leading UTF-8 octet (0xff)" },
	{ "a character cut off by the end is refused", "version: 1 # \xe2\x82",
	  "p:1:14: not UTF-8 text: incomplete UTF-8 octet sequence" },
	{ "a surrogate is refused", "version: 1 # \xed\xa0\x80",
	  "p:1:14: not UTF-8 text: invalid Unicode character (0xd800)" },
	{ "UTF-16 is refused", "\xff\xfe:", "p:1:1: the text is in UTF-16: save it as UTF-8" },
	{ "an escaped NUL is refused", "version: \"1\\0\"",
	  "p:1:10: a NUL character inside a text" },
	{ "an escaped NUL in a key is refused", "\"version\\0\": 1",
	  "p:1:1: a NUL character inside a text" },
	{ "an error before what is not YAML comes first", "version: 2\nrules: [",
	  "p:1:10: unknown version '2' (write 'version: 1')" },
	{ "an error before an anchor comes first", "version: 1\nmode: x\nrules: &x []",
	  "p:2:7: 'mode' cannot be 'x' (write enforce or monitor)" },
	{ "a missing key comes before a second document", "mode: monitor\n---\nversion: 1",
	  "p:1:1: missing key 'version' in the policy: write 'version: 1'" },
	{ "what is not YAML comes before a missing key", "mode: monitor\nrules: [*, ",
	  "p:2:9: '*' is syntax in YAML: for all ports write tcp+udp/all, for any address leave "
	  "the key out" },
	{ "a rule that is cut off has no missing key", BLOCK("name: a\n    action: *x"),
	  "p:4:13: aliases are not supported" },
	{ "ports that are cut off after a comma", FLOW("ports: tcp/80, 443: *x"),
	  "p:3:26: aliases are not supported" },
	{ "escape sequences of a terminal are quoted", "version: \"\\e[31m\"",
	  "p:1:10: unknown version '\\x1b[31m' (write 'version: 1')" },
};

static const struct refusal rule_refusals[] = {
	{ "an unknown key of a rule has a suggestion", BLOCK("name: web\n    acton: allow"),
	  "p:4:5: unknown key 'acton' in a rule (did you mean 'action'?)" },
	{ "an unknown key of a rule like no other gets the list", FLOW("xyzzy: web"),
	  "p:3:6: unknown key 'xyzzy' in a rule (known keys are name, action, ports, from, "
	  "only_from, to, description, replies and mode)" },
	{ "a duplicate key of a rule is refused", FLOW("name: a, name: b"),
	  "p:3:15: duplicate key 'name' in a rule (the first is on line 3)" },
	{ "a rule without name is refused at its start", FLOW("action: drop, ports: tcp/80"),
	  "p:3:5: missing key 'name' in a rule: write one such as 'name: web'" },
	{ "a rule without action is refused", BLOCK("name: a\n    ports: tcp/80"),
	  "p:3:5: missing key 'action' in a rule: write 'action: allow' or 'action: drop'" },
	{ "a rule without ports and addresses is refused", FLOW("name: a, action: drop"),
	  "p:3:5: missing key 'ports' in a rule: write one such as 'ports: tcp/80', or 'from' or "
	  "'to' for all packets of an address" },
	{ "only_from without ports is refused",
	  FLOW("name: a, action: allow, only_from: 192.0.2.1, to: 192.0.2.2"),
	  "p:3:30: 'only_from' is for rules with 'ports': add 'ports', or write a rule with 'from' "
	  "and one that drops the others" },
	{ "only_from alone is no address for all packets",
	  FLOW("name: a, action: allow, only_from: 192.0.2.1"),
	  "p:3:5: missing key 'ports' in a rule: write one such as 'ports: tcp/80', or 'from' or "
	  "'to' for all packets of an address" },
	{ "ports without a value are not left out",
	  FLOW("name: a, action: drop, ports: , from: ::1"),
	  "p:3:36: 'ports' has no value: write a text such as \"tcp/80,443 udp/53\"" },
	{ "an empty rule is refused", FLOW(""),
	  "p:3:5: missing key 'name' in a rule: write one such as 'name: web'" },
	{ "accept means allow", FLOW("action: accept"),
	  "p:3:14: 'action' cannot be 'accept': write allow" },
	{ "pass means allow", FLOW("action: PASS"),
	  "p:3:14: 'action' cannot be 'PASS': write allow" },
	{ "deny means drop", FLOW("action: deny"),
	  "p:3:14: 'action' cannot be 'deny': write drop" },
	{ "reject means drop", FLOW("action: reject"),
	  "p:3:14: 'action' cannot be 'reject': write drop" },
	{ "block means drop", FLOW("action: Block"),
	  "p:3:14: 'action' cannot be 'Block': write drop" },
	{ "an unknown action has a suggestion", FLOW("name: a, action: alow"),
	  "p:3:23: 'action' cannot be 'alow' (did you mean 'allow'?)" },
	{ "an action that is a list is refused", FLOW("name: a, action: [allow]"),
	  "p:3:23: 'action' cannot be a list: write allow or drop" },
	{ "an action without value is refused", FLOW("name: a, action: , ports: tcp/80"),
	  "p:3:23: 'action' has no value: write allow or drop" },
	{ "ports that are an empty list are refused", FLOW("ports: []"),
	  "p:3:13: an empty list: write a text such as \"tcp/80,443 udp/53\"" },
	{ "a list in a list of ports is refused", FLOW("ports: [tcp/80, [tcp/81]]"),
	  "p:3:22: an item of 'ports' must be a text such as tcp/80,443" },
	{ "an empty text in a list of ports is refused", FLOW("ports: [tcp/80, '']"),
	  "p:3:22: an item of 'ports' must be a text such as tcp/80,443" },
	{ "a star for ports is refused", FLOW("name: a, action: drop, ports: *"),
	  "p:3:36: '*' is syntax in YAML: for all ports write tcp+udp/all, for any address "
	  "leave the key out" },
	{ "ports without value are refused", BLOCK("name: a\n    ports:\n    action: drop"),
	  "p:4:11: 'ports' has no value: write a text such as \"tcp/80,443 udp/53\"" },
	{ "ports that are empty are refused", FLOW("name: a, action: drop, ports: ''"),
	  "p:3:37: no ports: write for example tcp/80,443 udp/53" },
	{ "a name with a capital is refused", FLOW("name: Web"),
	  "p:3:12: bad rule name 'Web'" NAME_RIGHT },
	{ "a name that begins with _ is refused", FLOW("name: _user"),
	  "p:3:12: bad rule name '_user'" NAME_RIGHT },
	{ "a name that begins with - is refused", FLOW("name: -a"),
	  "p:3:12: bad rule name '-a'" NAME_RIGHT },
	{ "a name that begins with . is refused", FLOW("name: .a"),
	  "p:3:12: bad rule name '.a'" NAME_RIGHT },
	{ "a name with a space is refused", FLOW("name: a b"),
	  "p:3:12: bad rule name 'a b'" NAME_RIGHT },
	{ "a name that is not ASCII is refused, and shown as it is",
	  FLOW("name: w\xc3\xa9"
	       "b\xe2\x86\x92"),
	  "p:3:12: bad rule name 'w\xc3\xa9"
	  "b\xe2\x86\x92'" NAME_RIGHT },
	{ "an empty name is refused", FLOW("name: ''"), "p:3:12: bad rule name ''" NAME_RIGHT },
	{ "a name of null is refused", FLOW("name: ~"),
	  "p:3:12: 'name' has no value: write a word such as 'web'" },
	{ "a name of 33 characters is refused", FLOW("name: " N32 "3"),
	  "p:3:12: bad rule name '" N32 "3'" NAME_RIGHT },
	{ "a duplicate name is refused at the second",
	  FLOW("name: a, action: drop, ports: tcp/1") "  - {action: drop, ports: tcp/1, name: a}\n",
	  "p:4:40: duplicate rule name 'a' (the first is on line 3)" },
};

#define RULE(rest)    FLOW("name: a, action: drop, ports: tcp/22, " rest)
#define RUNTIME(rest) "version: 1\nruntime:\n  - {name: a, action: drop, ports: tcp/22, " rest "}\n"
#define EXAMPLES      "write for example 192.0.2.0/24 or 2001:db8::/32"
#define VALUE_RIGHT   "write a prefix such as 192.0.2.0/24, or several"
#define QUOTE(text)   "YAML takes the colons of " text " for syntax: put it in quotes, \"" text "\""
#define UNTIL_RIGHT                                                                                \
	": write a time in UTC such as 2026-11-21T12:34:56Z, of the years 1970 to 2261; or leave " \
	"it out for a rule without end"

static const struct refusal address_refusals[] = {
	{ "a name of a host is no address", RULE("from: example.org"),
	  "p:3:50: 'example.org' is not an address or a prefix: " EXAMPLES },
	{ "the place is that of the very prefix",
	  RULE("to: [10.0.0.0/8,\n   192.0.2.0/24, 192.0.2]"),
	  "p:4:18: '192.0.2' is not an address or a prefix: " EXAMPLES },
	{ "a length of 33 is refused", RULE("from: 10.0.0.0/33"),
	  "p:3:50: '10.0.0.0/33': the length of an IPv4 prefix is a number from 0 to 32" },
	{ "a length of 129 is refused", RULE("from: 'fe80::/129'"),
	  "p:3:51: 'fe80::/129': the length of an IPv6 prefix is a number from 0 to 128" },
	{ "bits after the length are refused", RULE("from: 10.0.0.1/8"),
	  "p:3:50: '10.0.0.1/8' has host bits set: write 10.0.0.0/8 for all addresses "
	  "of the prefix, or 10.0.0.1/32 for the one address" },
	{ "bits after the length of a plain IPv6 prefix too", RULE("to: 2001:db8::1/32"),
	  "p:3:48: '2001:db8::1/32' has host bits set: write 2001:db8::/32 for all "
	  "addresses of the prefix, or 2001:db8::1/128 for the one address" },
	{ "an empty list is refused", RULE("from: []"),
	  "p:3:50: an empty list: leave 'from' out for any address" },
	{ "no value is refused", RULE("to: "), "p:3:48: 'to' has no value: " VALUE_RIGHT },
	{ "a mapping is refused", RULE("to: {a: b}"),
	  "p:3:48: 'to' cannot be a mapping: " VALUE_RIGHT },
	{ "a list in a list is refused", RULE("from: [[10.0.0.0/8]]"),
	  "p:3:51: an item of 'from' must be a prefix such as 192.0.2.0/24" },
	{ "an empty item is refused", BLOCK("name: a\n    from:\n    -\n    - 10.0.0.0/8"),
	  "p:5:6: 'from' has a text without prefixes: " VALUE_RIGHT },
	{ "commas alone are refused", RULE("from: ', ,'"),
	  "p:3:50: 'from' has a text without prefixes: " VALUE_RIGHT },
	{ "any is no prefix", RULE("to: any"),
	  "p:3:48: 'any' is not an address or a prefix: leave 'to' out for any address" },
	{ "a wrong prefix after a comma has its own place",
	  BLOCK("name: a\n    from: 10.0.0.0/8, 11.0.0.1/8"),
	  "p:4:23: '11.0.0.1/8' has host bits set: write 11.0.0.0/8 for all addresses of the "
	  "prefix, or 11.0.0.1/32 for the one address" },
	{ "and in a flow mapping", RULE("from: 10.0.0.0/8, 11.0.0"),
	  "p:3:62: '11.0.0' is not an address or a prefix: " EXAMPLES },
	{ "and in a list", RULE("from: [10.0.0.0/8, '12.0.0.0/8, 11.0.0']"),
	  "p:3:76: '11.0.0' is not an address or a prefix: " EXAMPLES },
	{ "a key without a value after a prefix is no prefix", RULE("from: 10.0.0.0/8, prots"),
	  "p:3:62: unknown key 'prots' in a rule (did you mean 'ports'?)" },
	{ "a mistyped key after a prefix is no prefix", RULE("from: 10.0.0.0/8, prots: tcp/80"),
	  "p:3:62: unknown key 'prots' in a rule (did you mean 'ports'?)" },
	{ "colons in front need quotes in a flow mapping", RULE("from: ::1"),
	  "p:3:50: " QUOTE("::1") },
	{ "and in a flow list", RULE("from: [2001:db8::/32, ::/0]"), "p:3:66: " QUOTE("::/0") },
	{ "and in a flow list in a block", BLOCK("name: a\n    to: [::ffff:192.0.2.1]"),
	  "p:4:10: " QUOTE("::ffff:192.0.2.1") },
	{ "colons at the end need quotes in a flow mapping", RULE("from: 2001:db8::"),
	  "p:3:50: " QUOTE("2001:db8::") },
	{ "with a space after them too", RULE("from: 2001:db8:: "),
	  "p:3:50: " QUOTE("2001:db8::") },
	{ "and in a flow list", RULE("from: [10.0.0.0/8, 2001:db8::]"),
	  "p:3:63: " QUOTE("2001:db8::") },
	{ "and in a block", BLOCK("name: a\n    to: fe80::\n"), "p:4:9: " QUOTE("fe80::") },
	{ "and in a block list",
	  BLOCK("name: a\n    to:\n    - 10.0.0.0/8\n    - '::'\n    - ::\n"),
	  "p:7:7: " QUOTE("::") },
	{ "the characters before are counted, not the bytes",
	  "# \xc3\xa4\xc3\xb6\n" RULE("from: ::1"), "p:4:50: " QUOTE("::1") },
	{ "other stumbling over a colon is not about addresses", "version: 1\nrules: [x-a::]\n",
	  "p:2:13: not valid YAML: found unexpected ':' while scanning a plain scalar" },
	{ "only_from beside from is refused", RULE("from: 10.0.0.0/8, only_from: 11.0.0.0/8"),
	  "p:3:62: a rule has 'from' or 'only_from': write 'from' alone if later rules decide "
	  "what comes from elsewhere, 'only_from' alone to drop it" },
	{ "only_from is for rules that allow",
	  "version: 1\nrules:\n- {name: a, action: drop, ports: tcp/1, only_from: 10.0.0.0/8}",
	  "p:3:41: 'only_from' is for rules with action allow: write 'from'" },
	{ "an empty only_from is refused", RULE("only_from: []"),
	  "p:3:55: an empty list: leave 'only_from' out for any address" },
	{ "a description of 201 bytes is refused", RULE("description: " D100 D100 "d"),
	  "p:3:57: the description has 201 bytes: write at most 200" },
	{ "an empty description is refused", RULE("description: ''"),
	  "p:3:57: 'description' must be one line without control characters: write a text such "
	  "as \"for the staff\"" },
	{ "a description of two lines is refused", RULE("description: \"a\\nb\""),
	  "p:3:57: 'description' must be one line without control characters: write a text such "
	  "as \"for the staff\"" },
	{ "a direction mark in a description is refused", RULE("description: a\xe2\x80\xae"),
	  "p:3:57: 'description' must be one line without control characters: write a text such "
	  "as \"for the staff\"" },
	{ "a description that is a list is refused", RULE("description: [a]"),
	  "p:3:57: 'description' cannot be a list: write a text such as \"for the staff\"" },
	{ "a description does not go on after a comma", RULE("description: staff, and guests"),
	  "p:3:64: the comma ends the description: put the whole text in quotes, \"staff, and "
	  "guests\"" },
	{ "from twice is refused", RULE("from: 10.0.0.0/8, from: 11.0.0.0/8"),
	  "p:3:62: duplicate key 'from' in a rule (the first is on line 3)" },
};

static const struct refusal runtime_refusals[] = {
	{ "a rule of the file has no end", RULE("until: 2026-11-21T12:34:56Z"),
	  "p:3:44: 'until' is for rules of 'runtime' only: leave it out, or move the rule there" },
	{ "a runtime rule knows until", RUNTIME("xyzzy: 1"),
	  "p:3:44: unknown key 'xyzzy' in a rule (known keys are name, action, ports, from, "
	  "only_from, to, description, replies, mode and until)" },
	{ "an end without value is refused", RUNTIME("until: ~"),
	  "p:3:51: 'until' has no value: write a time in UTC such as 2026-11-21T12:34:56Z" },
	{ "an offset is refused", RUNTIME("until: 2026-11-21T12:34:56+01:00"),
	  "p:3:51: 'until' cannot be '2026-11-21T12:34:56+01:00'" UNTIL_RIGHT },
	{ "a time without zone is refused", RUNTIME("until: 2026-11-21T12:34:56"),
	  "p:3:51: 'until' cannot be '2026-11-21T12:34:56'" UNTIL_RIGHT },
	{ "fractions are refused", RUNTIME("until: 2026-11-21T12:34:56.5Z"),
	  "p:3:51: 'until' cannot be '2026-11-21T12:34:56.5Z'" UNTIL_RIGHT },
	{ "a day that is not there is refused", RUNTIME("until: 2026-02-29T00:00:00Z"),
	  "p:3:51: 'until' cannot be '2026-02-29T00:00:00Z'" UNTIL_RIGHT },
	{ "2100 is no leap year", RUNTIME("until: 2100-02-29T00:00:00Z"),
	  "p:3:51: 'until' cannot be '2100-02-29T00:00:00Z'" UNTIL_RIGHT },
	{ "month 13 is refused", RUNTIME("until: 2026-13-01T00:00:00Z"),
	  "p:3:51: 'until' cannot be '2026-13-01T00:00:00Z'" UNTIL_RIGHT },
	{ "month 0 is refused", RUNTIME("until: 2026-00-01T00:00:00Z"),
	  "p:3:51: 'until' cannot be '2026-00-01T00:00:00Z'" UNTIL_RIGHT },
	{ "hour 24 is refused", RUNTIME("until: 2026-01-01T24:00:00Z"),
	  "p:3:51: 'until' cannot be '2026-01-01T24:00:00Z'" UNTIL_RIGHT },
	{ "a leap second is refused", RUNTIME("until: 2026-12-31T23:59:60Z"),
	  "p:3:51: 'until' cannot be '2026-12-31T23:59:60Z'" UNTIL_RIGHT },
	{ "the year 2262 is refused", RUNTIME("until: 2262-01-01T00:00:00Z"),
	  "p:3:51: 'until' cannot be '2262-01-01T00:00:00Z'" UNTIL_RIGHT },
	{ "the year 1969 is refused", RUNTIME("until: 1969-12-31T23:59:59Z"),
	  "p:3:51: 'until' cannot be '1969-12-31T23:59:59Z'" UNTIL_RIGHT },
	{ "runtime that is a mapping is refused", "version: 1\nruntime: {}",
	  "p:2:10: 'runtime' cannot be a mapping: write a list of - {name: ..., action: ..., "
	  "ports: ...}" },
	{ "a name is there once in both lists",
	  RULE("") "runtime:\n  - {name: a, action: drop, ports: tcp/1}\n",
	  "p:5:12: duplicate rule name 'a' (the first is on line 3)" },
};

static void refuses(void **state)
{
	const struct refusal *f = *state;
	struct policy policy;
	struct error error = { 0 };
	char message[1024];
	int r = policy_read(f->text, strlen(f->text), "p", &host, &policy, &error);

	if (r == 0)
		fail_msg("accepted, not: %s", f->error);
	assert_string_equal(error_format(&error, message, sizeof(message)), f->error);
	assert_int_equal(r, -EINVAL);
	assert_int_equal(error.exit, EXIT_USAGE);
}

/* The list and its three words are four nodes. */
static void a_tree_ends_at_its_limit(void **state)
{
	static const char text[] = "[a, b, c]";
	struct error error = { 0 };
	char message[1024];

	(void)state;
	for (uint32_t nodes_max = 3; nodes_max <= 5; nodes_max++) {
		struct policy_yaml yaml = { .source = text,
					    .size = strlen(text),
					    .file = "p",
					    .error = &error,
					    .nodes_max = nodes_max };

		assert_int_equal(policy_yaml_load(&yaml), 0);
		assert_int_equal(yaml.count, 4);
		assert_int_equal(yaml.nodes[0].span, 4);
		if (nodes_max == 3) {
			assert_int_equal(yaml.nodes[3].kind, POLICY_NODE_BROKEN);
			assert_int_equal(policy_yaml_error(&yaml, &yaml.nodes[3], "other"),
					 -EINVAL);
			assert_string_equal(error_format(&error, message, sizeof(message)),
					    "p:1:8: more than 3 words, lists and mappings: no "
					    "valid policy is so large");
		} else {
			assert_int_equal(yaml.nodes[3].kind, POLICY_NODE_TEXT);
		}
		policy_yaml_free(&yaml);
	}
}

static void deep_nesting_is_refused_at_once(void **state)
{
	static const struct refusal heads[] = {
		{ "", "", "p:1:1: the policy must be a mapping, as 'version: 1' and further keys" },
		{ "", "version: 1\nrules: ",
		  "p:2:9: a rule must be a mapping: write {name: ..., action: ..., ports: ...}" },
		{ "", "version: 1\nportless: ",
		  "p:2:11: 'portless' cannot be a list: write a mapping such as "
		  "{later_fragment: allow}" },
	};
	enum { DEPTH = 1 << 20 };
	char *text = malloc(DEPTH + 1);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct refusal deep = { "", text, heads[i].error };
		void *context = &deep;

		memset(text, '[', DEPTH);
		memcpy(text, heads[i].text, strlen(heads[i].text));
		text[DEPTH] = '\0';
		refuses(&context);
	}
	free(text);
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Appends a test per refusal; returns the new count. */
static size_t tests_add(struct CMUnitTest *tests, size_t count, const struct refusal *refusals,
			size_t refusals_count)
{
	for (size_t i = 0; i < refusals_count; i++)
		tests[count++] = (struct CMUnitTest){ .name = refusals[i].name,
						      .test_func = refuses,
						      .initial_state = (void *)&refusals[i] };
	return count;
}

int main(void)
{
	struct CMUnitTest tests[COUNT(top_refusals) + COUNT(yaml_refusals) + COUNT(rule_refusals) +
				COUNT(address_refusals) + COUNT(runtime_refusals) + 2];
	size_t count = 0;

	count = tests_add(tests, count, top_refusals, COUNT(top_refusals));
	count = tests_add(tests, count, yaml_refusals, COUNT(yaml_refusals));
	count = tests_add(tests, count, rule_refusals, COUNT(rule_refusals));
	count = tests_add(tests, count, address_refusals, COUNT(address_refusals));
	count = tests_add(tests, count, runtime_refusals, COUNT(runtime_refusals));
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(deep_nesting_is_refused_at_once);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(a_tree_ends_at_its_limit);
	assert(count == COUNT(tests));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
