import t from 'tap'
import { compileCondition } from './ottl-condition.ts'
import { OttlContext } from './ottl-context.ts'

const nowhere = new OttlContext()
const isTrue = (condition: string) => compileCondition(condition, 'resource')(nowhere)

// Values that the Collector gives for the same expressions.
for (const condition of [
  'ConvertCase("JSONData", "snake") == "json_data"',
  'ConvertCase("my_metric-name", "camel") == "MyMetricName"',
  'ConvertCase("Ab", to_case="upper") == "AB"',
  'ToSnakeCase("http2Server name") == "http_2_server_name"',
  'ToCamelCase("HTTPServer") == "Httpserver"',
  'ToLowerCase("ÄB") == "äb"',
  'Trim("  a ") == "a"',
  'Trim("xyaYx", replacement="xy") == "aY"',
  'TrimPrefix("abc", "ab") == "c"',
  'TrimSuffix("abc", "bc") == "a"',
  'TrimSuffix("abc", "") == "abc"',
  'Concat(["a", 1, 1.5, true, nil, 0x0a], "-") == "a-1-1.5-true-<nil>-0a"',
  'Split("a,b,,c", ",") == ["a", "b", "", "c"]',
  'Split("a,b", ",")[1] == "b"',
  'Substring("häus", 1, 2) == "ä"',
  'Substring("häus", 0, 2, utf8_safe=true) == "h"',
  'Format("%03d|%5.2f|%-4s|%v|%q|%x", [7, 3.14159, "ab", true, "q", 255]) == "007| 3.14|ab  |true|\\"q\\"|ff"',
  'Format("%d", ["a"]) == "%!d(string=a)"',
  'Format("%s %s", ["a"]) == "a %!s(MISSING)"',
  'IsValidLuhn("17893729974") and not IsValidLuhn("17893729975")',
  'IsValidLuhn(79927398713)',
  'ToKeyValueString({"k1": "v1", "k2": "v=2"}) == "k1=v1 k2=\\"v=2\\""',
  'ToKeyValueString({"b": 2, "a": "x"}, ":", ",", true) == "a:x,b:2"',
  'Len("häus") == 5 and Len([1, 2]) == 2 and Len({"a": 1}) == 1',
  'Keys({"a": 1, "b": 2}) == ["a", "b"]',
  'Values({"a": 1, "b": "x"}) == [1, "x"]',
  'Coalesce([nil, nil, 3]) == 3',
  'ContainsValue([1, "a"], "a") and not ContainsValue([1], 2)',
  'Index("häus", "us") == 3 and Index([1, 2], 2) == 1 and Index("a", "b") == -1',
  'Sort([3, 1, 2], "desc") == [3, 2, 1]',
  'Sort([3, "1", true, 2.5]) == ["1", 2.5, 3, true]',
  'SliceToMap([{"n": "a", "v": 1}, {"n": "b", "v": 2}], ["n"], ["v"]) == {"a": 1, "b": 2}',
  'SliceToMap(["x", "y"]) == {"0": "x", "1": "y"}',
  'ParseSeverity(404, {"error": [{"range": "4xx"}], "info": [{"equals": ["inf"]}]}) == "error"',
  'ParseSeverity("inf", {"info": [{"equals": ["inf"]}, {"range": {"min": 1, "max": 2}}]}) == "info"',
  'ParseJSON("{\\"a\\": [1, null, {\\"b\\": \\"c\\"}]}")["a"][2]["b"] == "c"',
  'ParseJSON("[1.0]") == [1.0]',
  'ParseKeyValue("k1=v1 k2=\\"a b\\" k3=\'c=d\'") == {"k1": "v1", "k2": "a b", "k3": "c=d"}',
  'ParseKeyValue("a:1|b:2", ":", pair_delimiter="|") == {"a": "1", "b": "2"}',
  'ParseCSV("a,\\"b \\"\\"c\\"\\"\\",d", "x,y,z") == {"x": "a", "y": "b \\"c\\"", "z": "d"}',
  'ParseCSV("1;2", "x|y", delimiter=";", headerDelimiter="|", mode="ignoreQuotes") == {"x": "1", "y": "2"}',
  'ParseInt("0x1F", 0) == 31 and ParseInt("-101", 2) == -5 and ParseInt("z", 36) == 35',
  'ExtractPatterns("v=12", "(?P<key>[a-z])=(?P<n>[0-9]+)") == {"key": "v", "n": "12"}',
  'Len(ExtractPatterns("?", "(?P<key>[a-z])")) == 0',
  'URL("http://u:p@www.example.com:80/foo.gif?k=v#f")["url.port"] == 80',
  'URL("http://u:p@www.example.com:80/foo.gif?k=v#f")["url.extension"] == "gif"',
  'URL("https://[::1]/a%20b")["url.domain"] == "::1" and URL("https://h/a%20b")["url.path"] == "/a b"',
  'Int("12") == 12 and Int(1.9) == 1 and Int(true) == 1 and Int("x") == nil',
  'Double("1.5") == 1.5 and Bool("t") == true and Bool("x") == nil and String(0x0aff) == "0aff"',
  'String({"a": [1, "x"]}) == "{\\"a\\":[1,\\"x\\"]}"',
  'Log(1) == 0.0',
  'Base64Encode("a?>") == "YT8+" and Base64Encode("a?>a", variant="base64-raw-url") == "YT8-YQ"',
  'Base64Decode("YT8+") == "a?>" and Decode("YT8-YQ", "base64-raw-url") == "a?>a"',
  'Decode(0xe4, "windows-1252") == "ä"',
  'SHA1("a") == "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"',
  'SHA256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"',
  'MD5("a") == "0cc175b9c0f1b6a831c399e269772661" and Len(SHA512("a")) == 128',
  'FNV("hello world") == 8618312879776256743',
  'Murmur3Hash("Hello World") == "ce837619" and Murmur3Hash128("Hello World") == "dbc2a0c1ab26631a27b4c09fcf1fe683"',
  'Hex(1.1) == "3ff199999999999a" and Hex("1") == "31" and Hex(true) == "01" and Hex(12) == "000000000000000c"',
  'TraceID("0102030405060708090a0b0c0d0e0f10") == 0x0102030405060708090a0b0c0d0e0f10',
  'ProfileID(0x0102030405060708090a0b0c0d0e0f10) != nil',
  'IsInCIDR("10.1.2.3", ["192.168.0.0/16", "10.0.0.0/8"]) and not IsInCIDR("11.1.2.3", ["10.0.0.0/8"])',
  'IsInCIDR("2001:db8::1", ["2001:db8::/32"]) and not IsInCIDR("x", ["10.0.0.0/8"])',
  'CommunityID("66.35.250.204", 80, "128.232.110.120", 34855) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg="',
  'CommunityID("128.232.110.120", 34855, "66.35.250.204", 80, "TCP", 1) == "1:3V71V58M3Ksw/yuFALMcW0LAHvc="',
  'Len(UUID()) == 36',
  'Duration("1h1m1.5s") == Duration("3661500ms") and Seconds(Duration("-1.5s")) == -1.5',
  'Milliseconds(Duration("1500us")) == 1 and Nanoseconds(Duration("2us")) == 2000 and Hours(Duration("90m")) == 1.5',
  'Unix(1) + Duration("1s") == Unix(2) and UnixSeconds(Unix(5, 7)) == 5 and UnixNano(Unix(5, 7)) == 5000000007',
  'Year(Unix(1700000000)) == 2023 and Month(Unix(1700000000)) == 11 and Day(Unix(1700000000)) == 14',
  'Weekday(Unix(1700000000)) == 2 and Hour(Unix(1700000000)) == 22 and Minute(Unix(1700000000)) == 13',
  'Second(Unix(1700000000)) == 20 and Nanosecond(Unix(5, 7)) == 7',
  'TruncateTime(Unix(1700000000), Duration("1h")) == Unix(1699999200)',
  'FormatTime(Unix(1700000000, 123456789), "%Y-%m-%dT%H:%M:%S.%f%z") == "2023-11-14T22:13:20.123456Z"',
  'FormatTime(Unix(1700000000), "%A, %e %b %y %l:%M %p %%") == "Tuesday, 14 Nov 23 10:13 PM %"',
  'Time("2023-05-26 12:34:56", "%Y-%m-%d %H:%M:%S") == Unix(1685104496)',
  'Time("2023-05-26T12:34:56.5+02:00", "%Y-%m-%dT%H:%M:%S.%L%z") == Unix(1685097296, 500000000)',
  'Time("Nov 4 2023 1:02 PM", "%b %d %Y %I:%M %p", "America/New_York") == Unix(1699117320)',
  'Time("2023-05-26", "%F") - Time("2023-05-25", "%F") == Duration("24h")',
  '(1 + 2) * 3 - 4 / 2 == 7 and -1 + 2 == 1 and 1.5 * 2.0 == 3.0',
] as const) {
  t.test(condition, async t => {
    t.equal(isTrue(condition), true)
  })
}

for (const { condition, message } of [
  { condition: 'ExtractGrokPatterns("a", "%{WORD}") == nil', message: /not supported yet \(known: .*Base64Decode/ },
  { condition: 'Nonsense("a") == nil', message: /unknown function Nonsense \(known: / },
  { condition: 'ConvertCase("a", "title") == ""', message: /to_case must be one of lower, upper, snake, camel/ },
  { condition: 'ConvertCase("a", Trim("lower")) == ""', message: /takes to_case only as it is written here/ },
  { condition: 'Substring("abc", "0", 1) == ""', message: /start must be an int, found string/ },
  { condition: 'Substring("abc", start=0, 1) == ""', message: /arguments with names come last/ },
  { condition: 'Substring("abc", 0) == ""', message: /takes \(target, start, length, utf8_safe\?\)/ },
  { condition: 'ExtractPatterns("a", "a") == nil', message: /must name a group/ },
  { condition: 'Time("a", "%Q") == nil', message: /unknown %Q/ },
  { condition: 'Time("a", "%Y", "Mars/Base") == nil', message: /no time zone/ },
  { condition: 'IsInCIDR("10.1.2.3", ["10.0.0.0"])', message: /no network/ },
  { condition: 'Decode("a", "klingon") == ""', message: /unknown encoding/ },
  { condition: 'ParseSeverity(1, {"a": [{"range": "6xx"}]}) == ""', message: /range of a that is none/ },
] as const) {
  t.test(`refuses ${condition}`, async t => {
    t.throws(() => compileCondition(condition, 'resource'), { name: 'OttlError', message })
  })
}

for (const condition of [
  'Substring("abc", 2, 2) == ""',
  'ParseJSON("1") == nil',
  'ParseJSON("{") == nil',
  'ParseKeyValue("a b") == nil',
  'ParseKeyValue("a=\\"b") == nil',
  'ParseCSV("a,b", "x") == nil',
  'ParseCSV("a\\"b,c", "x,y") == nil',
  'ParseInt("12", 2) == nil',
  'ParseInt("9223372036854775808", 10) == nil',
  'Time("26.05.2023", "%F") == nil',
  'Time("2023-02-30", "%F") == nil',
  'Log(0) == nil',
  'Base64Decode("a") == nil',
  'Len(1) == 1',
  'Split("a,b", ",")[2] == ""',
  'IsValidLuhn("12a")',
  'ToLowerCase(Int("x")) == ""',
  'SliceToMap([1], ["n"]) == nil',
]) {
  t.test(`cannot evaluate ${condition}`, async t => {
    const compiled = compileCondition(condition, 'resource')
    t.throws(() => compiled(nowhere), { name: 'EvaluationError' })
  })
}
