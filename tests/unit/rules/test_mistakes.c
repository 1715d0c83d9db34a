/* Mistakes that users make in rules, each with the place and the words that they get to see. */
#include "tests/unit/rules/folder.h"

struct mistake {
    const char *text;
    unsigned line;
    unsigned column;
    const char *message;
    const char *hint;
};

/* A rule with the condition, which begins in line 2, column 9. */
#define HOLD(condition) "- name: a\n  hold: " condition "\n"

static const struct mistake mistakes[] = {
    /* Names. */
    {HOLD("mean(scroe) > 5"), 2, 14, "there is no column 'scroe'", "Did you mean 'score'?"},
    {HOLD("mean(old.scroe) > 5"), 2, 14, "there is no column 'scroe'", "Did you mean 'old.score'?"},
    {HOLD("mean(old.zzz) > 5"), 2, 14, "there is no column 'zzz'", "The columns are profile_id"},
    {HOLD("share(Score > 5) > 5%"), 2, 15, "there is no column 'Score'", "Did you mean 'score'?"},
    {HOLD("share(network = twitter) > 5%"), 2, 25, "there is no column 'twitter'",
     "A text stands in single quotes, as in 'twitter'."},
    {HOLD("share(network = \"twitter\") > 5%"), 2, 25, "there is no column 'twitter'",
     "A text stands in single quotes, as in 'twitter'."},
    {HOLD("meen(score) > 5"), 2, 9, "there is no function 'meen'", "Did you mean 'mean'?"},
    {HOLD("avg(score) > 5"), 2, 9, "there is no function 'avg'", "Write mean(x)."},
    {HOLD("row > 5"), 2, 9, "there is no measure 'row'", "Did you mean 'rows'?"},
    {HOLD("rows() > 5"), 2, 9, "there is no function 'rows'", "Write rows without parentheses"},
    {HOLD("mean > 5"), 2, 9, "there is no measure 'mean'", "mean needs parentheses"},
    {HOLD("scoer > 5"), 2, 9, "there is no measure 'scoer'", "Did you mean the column 'score'"},
    {HOLD("qqq > 5"), 2, 9, "there is no measure 'qqq'", "Measures are share()"},
    {HOLD("mean(x) > 5"), 2, 14, "there is no column 'x'", "x stands for a column in rules with"},
    /* Rows and measures. */
    {HOLD("score > 5"), 2, 9, "score has a value for each row", "Write mean(score), max(score)"},
    {HOLD("network = 'a'"), 2, 9, "network has a value for each row", "distinct(network)"},
    {HOLD("old.score > 5"), 2, 9, "old.score has a value for each row", "mean(score)"},
    {HOLD("max(mean(score)) > 5"), 2, 13, "mean() looks at many rows and cannot stand inside",
     "Compare measures outside"},
    {HOLD("share(rows > 5) > 5%"), 2, 15, "rows is about a whole load", "outside share()"},
    {HOLD("share(seen > as_of) > 5%"), 2, 22, "as_of is about a whole load", "outside share()"},
    {HOLD("jumped(score)"), 2, 9, "jumped() is about each row", "Write share(jumped(score))."},
    {HOLD("shift(score) > 5%"), 2, 9, "shift() is about each row", "Write mean(shift(score))."},
    {HOLD("profile_id in file(\"a\")"), 2, 9, "profile_id has a value for each row",
     "Write mean(profile_id),"},
    {HOLD("1 > 0"), 2, 9, "looks at no measure", "Compare a measure, as in rows > 0"},
    {HOLD("as_of > '2024-01-01T00:00:00Z'"), 2, 9, "looks at no measure",
     "Compare a measure, as in rows > 0"},
    /* Types. */
    {HOLD("mean(score)"), 2, 9, "a rule needs a condition, and mean(score) is a number",
     "as in mean(score) > 0"},
    {HOLD("rows > 5 and removed"), 2, 22, "and needs a condition, and removed is a number",
     "as in removed > 0"},
    {HOLD("share(score) > 5%"), 2, 15, "share() takes a condition, and score is a number",
     "as in share(score > 0)"},
    {HOLD("share(score = '5') > 5%"), 2, 15, "score is a number and '5' is text", "without quotes"},
    {HOLD("share(network = 5) > 5%"), 2, 15, "network is text and 5 is a number",
     "in single quotes: '5'"},
    {HOLD("share(active = 1) > 5%"), 2, 15, "active is true or false and 1 is a number",
     "true or false"},
    {HOLD("share(network > score) > 5%"), 2, 15, "cannot be compared",
     "Compare values of one kind with"},
    {HOLD("share(seen - old.seen > 5) > 5%"), 2, 15, "is a duration and 5 is a number",
     "unit of time"},
    {HOLD("share(seen + 5 > old.seen) > 5%"), 2, 15, "+ cannot be applied to seen (a time)",
     "unit of time"},
    {HOLD("share(score + 2h > 5) > 5%"), 2, 15, "+ cannot be applied to score (a number)",
     "unit of time"},
    {HOLD("share(network + 'a' = 'b') > 5%"), 2, 15, "+ cannot be applied to network (text)",
     "It takes numbers, times and"},
    {HOLD("share(active + active > 1) > 5%"), 2, 15, "+ cannot be applied", "case when"},
    {HOLD("share(-network = 'b') > 5%"), 2, 15, "- cannot be applied to network, which is text",
     "Remove the minus sign, or write not"},
    {HOLD("share(seen > 'yesterday') > 5%"), 2, 22, "'yesterday'", "Write it with a zone"},
    {HOLD("share(seen > '2024-01-01') > 5%"), 2, 22, "'2024-01-01'", "Write it with a zone"},
    {HOLD("share(born > '2024-13-01') > 5%"), 2, 22, "'2024-13-01'", "Write it as '2011-05-23'"},
    {HOLD("share(token = 'abc') > 5%"), 2, 23, "'abc'", "Write it as"},
    {HOLD("share(score = null) > 5%"), 2, 23, "nothing is ever equal to null", "Write is null"},
    {HOLD("share(score in (1, 'a')) > 5%"), 2, 15, "cannot be compared",
     "Write a number without quotes."},
    {HOLD("share(score in (1, null)) > 5%"), 2, 28, "in (...) never finds null", "or x is null"},
    {HOLD("share(score like '1%') > 5%"), 2, 15, "like takes text, and score is a number",
     "Compare other values with =, <,"},
    {HOLD("share(network like network) > 5%"), 2, 28, "the pattern of like is a text in quotes",
     "Write it as in network like"},
    {HOLD("sum(network) > 5"), 2, 13, "sum() takes a number or a duration, and network is text",
     "Write count(network),"},
    {HOLD("min(network) = 'a'"), 2, 13, "min() takes a number, a date, a time or a duration",
     "Write count(network),"},
    {HOLD("mean(born) > 5"), 2, 14, "mean() takes a number or a duration, and born is a date",
     "Write count(born), distinct(born)"},
    {HOLD("share(jumped(network)) > 5%"), 2, 22, "jumped() takes a column of numbers",
     "Write network is distinct from"},
    {HOLD("share(jumped(score + 1)) > 5%"), 2, 22, "jumped() takes the name of a column",
     "Write it as in jumped(score),"},
    {HOLD("arrivals(old.score) > 5%"), 2, 18, "arrivals() takes the name of a column without old.",
     "Write it as in arrivals(score),"},
    {HOLD("arrivals(score + 1) > 5%"), 2, 18, "arrivals() takes the name of a column, not score",
     "Write it as in arrivals(score),"},
    {HOLD("invalid(network) > 0"), 2, 17, "invalid() takes a number, and network is text",
     "Write count(network),"},
    {HOLD("share(case when score then 1 else 0 end = 1) > 5%"), 2, 25, "when needs a condition",
     "Compare it with something, as in"},
    {HOLD("share(case when score > 1 then 1 else 'a' end = 1) > 5%"), 2, 47, "is text, but 1",
     "of one kind"},
    {HOLD("share(coalesce(score, 'none') > 1) > 5%"), 2, 31, "'none' is text, but score",
     "The values here have to be of one"},
    {HOLD("share(1e400 < score) > 5%"), 2, 15, "1e400 is too large a number",
     "The largest is about 1.8e308;"},
    /* Percentages. */
    {HOLD("rows > 5%"), 2, 16, "rows is a number, and 5% a share of something",
     "Divide by rows or old_rows"},
    {HOLD("count(score > 5) > 5%"), 2, 28, "count(score > 5) is a number", "use share()"},
    {HOLD("share(score > 5) > 50"), 2, 28, "lies between 0% and 100%, and 50 does not",
     "Write 50%."},
    {HOLD("arrivals(score) > 150%"), 2, 27, "150% does not", "Write a part of the whole, as in 5%"},
    {HOLD("share(score > 5) > 5 %"), 2, 30, "% stands directly after a number",
     "There is no remainder operator."},
    /* Arguments. */
    {HOLD("mean() > 5"), 2, 9, "mean() takes at least 1 argument, here are 0",
     "Write what is to be measured; a"},
    {HOLD("mean(score, active, active) > 5"), 2, 9, "mean() takes at most 2 arguments, here are 3",
     "Write what is to be measured; a"},
    {HOLD("abs(rows, 2) > 5"), 2, 9, "abs() takes 1 argument, here are 2", "Write abs(x)."},
    {HOLD("round(mean(score), 2) > 5"), 2, 9, "round() takes 1 argument", "round(x * 100) / 100"},
    {HOLD("max(score, level) > 5"), 2, 20, "the second argument of max() chooses rows",
     "Write greatest(a, b)"},
    {HOLD("mean(score, level) > 5"), 2, 21, "the second argument of mean() chooses rows",
     "Write a condition"},
    {HOLD("quantile(score, 95) > 5"), 2, 25, "a number between 0 and 1, not 95", "0.95"},
    {HOLD("quantile(score) > 5"), 2, 9, "quantile() takes at least 2 arguments",
     "Write quantile(x, 0.95)."},
    {HOLD("nulls(null) > 5"), 2, 15, "null alone cannot be measured",
     "Name a column, as in nulls(score)."},
    /* What people know from SQL, dbt, Great Expectations and programming languages. */
    {HOLD("rows == 5"), 2, 14, "there is no operator ==", "Write = to compare."},
    {HOLD("rows => 5"), 2, 14, "there is no operator =>", "Write >= for at least."},
    {HOLD("rows =< 5"), 2, 14, "there is no operator =<", "Write <= for at most."},
    {HOLD("rows > 5 && added > 3"), 2, 18, "there is no operator &&", "Write and."},
    {HOLD("rows > 5 || added > 3"), 2, 18, "there is no operator ||", "Write or."},
    {HOLD("1 < rows < 5"), 2, 18, "a comparison cannot follow another", "a < b and b < c"},
    {HOLD("rows > 5;"), 2, 17, "an expression has no ; in it", "Write one condition"},
    {HOLD("rows > 1,000"), 2, 17, "should end before ','", "1000 or 1_000"},
    {HOLD("rows > \"5\""), 2, 16, "there is no measure '5'", "a number without quotes"},
    {HOLD("rows > {{ var('x') }}"), 2, 16, "there are no braces", "Templates are not filled in"},
    {HOLD("rows > $1"), 2, 16, "there are no parameters", "Write the value itself."},
    {HOLD("row_count > 5"), 2, 9, "there is no measure 'row_count'", "Write rows."},
    {HOLD("count(*) > 5"), 2, 15, "count(*) is not part of the language", "Write rows"},
    {HOLD("count() > 5"), 2, 9, "count() takes at least 1 argument", "Write rows"},
    {HOLD("count(distinct network) > 5"), 2, 15, "not 'distinct'", "Write distinct(x)"},
    {HOLD("select max(score) from load"), 2, 16, "should end before 'max'", "operator missing"},
    {HOLD("max(score) > 5 limit 1"), 2, 24, "should end before 'limit'", "no query"},
    {HOLD("mean(score) filter (where active) > 5"), 2, 21, "should end before 'filter'",
     "mean(score, active)"},
    {HOLD("mean(score where active) > 5"), 2, 20, "',' or ')' is expected here, not 'where'",
     "mean(score, active)"},
    {HOLD("mean(score) group by network > 5"), 2, 21, "should end before 'group'", "Write by:"},
    {HOLD("share(network is null > 5%"), 2, 31, "a comparison cannot follow another",
     "a parenthesis to be closed"},
    {HOLD("(rows > 5"), 2, 18, "')' is expected here, not the end", "Close the parenthesis."},
    {HOLD("rows > 5)"), 2, 17, "should end before ')'", "one ) more"},
    {HOLD("rows > 5 or"), 2, 20, "a value is expected here, not the end", "YAML"},
    {HOLD("rows >"), 2, 15, "a value is expected here, not the end", "YAML"},
    {HOLD("share(network ilike 'a%') > 5%"), 2, 23, "not 'ilike'", "Match texts with like"},
    {HOLD("share(network ~ 'a') > 5%"), 2, 23, "there is no operator ~", "Match texts with like"},
    {HOLD("share(network in ['a']) > 5%"), 2, 26, "no square brackets", "in parentheses"},
    {HOLD("share(network in ()) > 5%"), 2, 27, "the list of in (...) is empty", "at least one"},
    {HOLD("share(network in 'a') > 5%"), 2, 26, "'(' is expected after in", "in parentheses"},
    {HOLD("share(network not null) > 5%"), 2, 27, "expected after not, not 'null'",
     "Write x is not null."},
    {HOLD("share(active is true) > 5%"), 2, 25, "not 'true'", "share(active)"},
    {HOLD("share(score % 2 = 0) > 5%"), 2, 21, "% stands directly after a number",
     "no remainder operator"},
    {HOLD("share(`score` > 5) > 5%"), 2, 15, "no", "double quotes"},
    {HOLD("share(network = \xE2\x80\x98"
          "a\xE2\x80\x99) > 5%"),
     2, 25, "this character is not part of the language", "straight quotes"},
    {HOLD("mean(new.score) > 5"), 2, 14, "only old. can stand before a column",
     "the column alone for its new value"},
    {HOLD("rows > old.rows"), 2, 16, "there is no column 'rows'", "old_rows"},
    {HOLD("share(score = NaN) > 5%"), 2, 23, "there is no column 'NaN'", "Write invalid(x)"},
    {HOLD("sum(score > 5) > 5"), 2, 13, "score > 5 is true or false", "count(score > 5)"},
    {HOLD("as_of - max(seen) > 24 hours"), 2, 32, "should end before 'hours'", "24h"},
    {HOLD("as_of - max(seen) > '24 hours'"), 2, 9, "is a duration and '24 hours' is text",
     "without quotes, as in 24h"},
    {HOLD("max(seen) > 2h"), 2, 9, "is a time and 2h is a duration", "as_of - max(seen) > 26h"},
    {HOLD("max(seen) < current_date"), 2, 21, "no measure 'current_date'", "Write as_of"},
    {HOLD("now() - max(seen) > 24h"), 2, 9, "there is no function 'now'", "Write as_of"},
    {HOLD("freshness(seen) > 24h"), 2, 9, "there is no function 'freshness'", "as_of - max(x)"},
    {HOLD("not_null(score)"), 2, 9, "there is no function 'not_null'", "nulls(x) > 0"},
    {HOLD("accepted_values(network, 'a')"), 2, 9, "no function 'accepted_values'", "x not in ('a'"},
    {HOLD("expect_column_values_to_not_be_null(score)"), 2, 9, "there is no function",
     "nulls(x) > 0"},
    {HOLD("zscore(score) > 3"), 2, 9, "there is no function 'zscore'", "beyond(mean(x)"},
    {HOLD("frobnicate(score) > 3"), 2, 9, "there is no function 'frobnicate'", "Measures are"},
    {HOLD("rows > usual"), 2, 16, "there is no measure 'usual'", "usual needs parentheses"},
    {HOLD("usual(usual(rows)) > 5"), 2, 15, "usual() cannot stand inside usual()", "Only recent()"},
    {HOLD("beyond(rows, 5%, 1%) > 0"), 2, 9, "is true or false and 0 is a number", "true or false"},
    {HOLD("beyond(rows > 5, none, 1)"), 2, 16, "a measure that is a number", "put it outside"},
    {HOLD("beyond(5, none, 1)"), 2, 16, "5 is the same for every load", "Look at a measure"},
    {HOLD("rows > null"), 2, 16, "nothing is ever equal to null", "Write is null"},
    {HOLD("5"), 2, 9, "a rule needs a condition, and 5 is a number", "Compare a measure with it"},
    /* History. */
    {HOLD("beyond(mean(score), 5)"), 2, 9, "beyond() takes 3 arguments", "or none"},
    {HOLD("beyond(mean(score), -5, 1)"), 2, 29, "never negative", "without a sign"},
    {HOLD("beyond(mean(score), none, old)"), 2, 35, "third limit", "5%, 0.5%"},
    {HOLD("beyond(usual(rows), none, 1)"), 2, 16, "cannot stand inside beyond()", "recent()"},
    {HOLD("recent(rows, 1) > 5"), 2, 22, "between 2 and 14", "a week"},
    {HOLD("share(usual(score) > 1) > 5%"), 2, 15, "cannot stand inside a measure", "inside"},
    {HOLD("highest(max(seen)) > 5"), 2, 17, "a measure that is a number",
     "Make it a number, as in (as_of -"},
    {HOLD("ks(network) > 10%"), 2, 12,
     "ks() takes a column of numbers, dates or times, and network is text", "Write js(network)"},
    {HOLD("emd(active) > 1"), 2, 13, "emd() takes a column of numbers", "Write js(active)"},
    {HOLD("psi(old.network) > 1"), 2, 13, "without old., since it compares", "psi(score)"},
    {HOLD("js(score + 1) > 10%"), 2, 12, "js() takes the name of a column, not score + 1",
     "js(score)"},
    {HOLD("ks(score, score > old.score) > 1%"), 2, 9,
     "ks() cannot be limited by a condition that looks at old values", "by its own values"},
    {HOLD("ks(score) > 110%"), 2, 21, "110% does not", "a part of the whole"},
    {HOLD("overlap(score) < 90%"), 2, 9, "overlap() takes at least 2 arguments",
     "overlap(x, 1000)"},
    {HOLD("overlap(score, 0) < 90%"), 2, 24, "between 1 and 1,000,000, not 0", "1000"},
    {HOLD("overlap(score, 1000001) < 90%"), 2, 24, "between 1 and 1,000,000, not 1000001", "1000"},
    {HOLD("overlap(score, 2.5) < 90%"), 2, 24, "between 1 and 1,000,000, not 2.5", "1000"},
    {HOLD("drift(score) > 10%"), 2, 9, "there is no function 'drift'", "ks(x)"},
    {"- name: a\n  sql: select 1\n  hold: rows > 5\n", 3, 9, "does not look at value", "value > 0"},
    {"- name: a\n  sql: select 1\n  hold: value > 5\n  by: network\n", 4, 7,
     "by: does not go with sql:", "The query itself"},
    {"- name: a\n  sql: [select 1]\n  hold: value > 5\n", 2, 8, "a query is expected here",
     "select count(*)"},
    {"- name: a\n  sql:\n  hold: value > 5\n", 2, 7, "a query is expected here", "select count(*)"},
    {"- each: number\n  rules:\n  - name: a\n    sql: select 1\n    hold: value > 5\n", 4, 10,
     "sql: cannot stand below each:", "beside the group"},
    {"- name: a\n  rollback: rows > 5\n", 2, 13, "rollback: is not available", "block:"},
    {"- name: a\n  hold: rows > 5\n  min_history: 29\n", 3, 16, "28",
     "Write a value between 1 and 28."},
    /* Keys of rules. */
    {"- name: a\n  hodl: rows > 5\n", 2, 3, "there is no such key here", "Did you mean 'hold'?"},
    {"- hold: rows > 5\n", 1, 3, "the rule has no name", "name: mass reset"},
    {"- name: a\n", 1, 3, "the rule has no condition", "warn:, hold: or block:"},
    {"- name: a\n  hold: [rows > 5]\n", 2, 9, "an expression is expected here, not a list",
     "Write one condition, and put quotes"},
    {"- name: a\n  hold:\n", 2, 8, "the expression is missing",
     "Write a condition after the colon,"},
    {"- name: duplicate keys\n  hold: rows > 5\n", 1, 9, "is built in and cannot be changed",
     "Duplicate keys always block a load;"},
    {"- name: a\n  hold: rows > 5\n- name: a\n  hold: rows > 6\n", 3, 9,
     "a rule of this name in line 1 already", "another name"},
    {"- name: a\n  hold: rows > 5\n  by: netwrok\n", 3, 7, "there is no column 'netwrok'",
     "Did you mean 'network'?"},
    {"- name: a\n  hold: rows > 5\n  by: each categroy\n", 3, 7,
     "there is no column 'each categroy'", "Did you mean 'each category'?"},
    {"- name: a\n  hold: rows > 5\n  by: [network, network]\n", 3, 17, "'network' stands twice",
     "Remove one of them."},
    {"- name: a\n  hold: rows > 5\n  min_rows: none\n", 3, 13, "not a whole number",
     "Write digits without a unit, as in"},
    {"- name: a\n  hold: rows > 5\n  shadow: maybe\n", 3, 11, "neither true nor false",
     "Write true or false, in small"},
    {"- name: a\n  hold: rows > 5\n  where: mean(score) > 5\n", 3, 10,
     "mean() looks at many rows and cannot stand in where:", "one by one"},
    {"- name: a\n  hold: rows > 5\n  where: score\n", 3, 10, "where: needs a condition",
     "score > 0"},
    {"- name: a\n  hold: rows > 5\n  where: old.score > 5\n", 2, 9,
     "rows cannot be limited by a where: that looks at old values", "count(condition)"},
    {"- name: a\n  hold: rows > 5\n  where: score > > 5\n", 3, 18, "a value is expected here",
     "Write a number, a column or a"},
    {"- name: a\n  each: numbr\n  hold: mean(x) > 5\n", 2, 9, "there is no column 'numbr'",
     "Did you mean 'number'?"},
    {"- name: a\n  each: profile_id\n  hold: mean(x) > 5\n", 2, 9, "is part of the key",
     "each: goes over value columns."},
    {"- name: a\n  each: number\n  except: scroe\n  hold: mean(x) > 5\n", 3, 11,
     "there is no column 'scroe'", "Did you mean 'score'?"},
    {"- name: a\n  except: score\n  hold: rows > 5\n", 2, 11,
     "except: goes with each:", "Put it beside the each: from which"},
    {"- name: a\n  each: any\n  hold: mean(x) > 5\n", 3, 14,
     "mean() takes a number or a duration, and network is text", "Write count(network),"},
    {"- each: number\n  rules:\n    - each: text\n      name: a\n      hold: mean(x) > 5\n", 3, 13,
     "each: stands around this rule already", "Take the rule out of rules: to give"},
    {"- each: number\n  name: a\n  rules: []\n", 2, 9,
     "name cannot stand beside rules:", "Put it into an item of its own that"},
    {"- rules: []\n", 1, 3, "needs each: beside it", "Write - each: number above rules:,"},
    {"- each: number\n  rules: {name: a}\n", 2, 10, "a list of rules is expected",
     "Each rule begins with '- name:'."},
    {"- include: no/such.yaml\n", 1, 12, "the file ./no/such.yaml cannot be found", "relative to"},
    {"- include: default\n  name: a\n", 2, 9,
     "name cannot stand beside include:", "Put it into an item of its own that"},
    {"- include: default\n- name: mass rest\n  off: true\n", 2, 9,
     "no rule of this name has been included before", "Did you mean 'mass reset'?"},
    {"- include: default\n- {name: mass reset, off: true, hold: rows > 5}\n", 2, 39,
     "hold cannot stand beside off:", "Put it into an item of its own that"},
    {"- name: a\n  hold: rows > 5\n- {name: a, off: true}\n", 3, 10,
     "this rule stands in the same file, in line 1", "Remove it there"},
    {"- mass reset\n", 1, 3, "a map is expected here", "Write 'key: value' lines, indented"},
    {"name: a\nhold: rows > 5\n", 1, 1, "a list of rules is expected here", "- name:"},
    /* Files. */
    {"- name: a\n  hold: rows > 5\n  where: profile_id in file(\"no.txt\")\n", 3, 10,
     "cannot open the file ./no.txt: No such file", "The file has one value a line, of"},
    {"- name: a\n  hold: rows > 5\n  where: profile_id in file(\"/\")\n", 3, 10,
     "is not a regular file", "The file has one value a line, of"},
    /* Limits, lists and choices. */
    {"- name: a\n  hold: rows > 5\n  min_history: 0\n", 3, 16, "0 is too small",
     "between 1 and 28"},
    {"- name: a\n  hold: rows > 5\n  min_rows: 0\n", 3, 13, "0 is too small", "Write 1 or more."},
    {"- name: a\n  hold: rows > 5\n  min_rows: 5%\n", 3, 13, "not a whole number", "as in 10_000"},
    {"- name: a\n  hold: rows > 5\n  by: []\n", 3, 7, "at least 1 of them", "leave the key away"},
    {"- name: a\n  hold: rows > 5\n  by: network, active\n", 3, 7,
     "there is no column 'network, active'", "as in [a, b]"},
    {"- name: a\n  hold: rows > 5\n  by: {network: a}\n", 3, 7, "not a map", "as in [a, b]"},
    {"- name: a\n  each: numeric\n  hold: mean(x) > 5\n", 2, 9, "there is no column 'numeric'",
     "number, integer, text"},
    {"- name: a\n  severity: error\n  hold: rows > 5\n", 2, 3, "there is no such key here",
     "The keys here are name, warn, hold, block"},
    {"- name: \"\"\n  hold: rows > 5\n", 1, 9, "a name has 1 to 200 bytes", "what it finds"},
    {"- name:\n  hold: rows > 5\n", 1, 8, "the value is missing", "after the colon"},
    {"- name: a\n  hold: ~\n", 2, 9, "the expression is missing", "hold: rows < 1000"},
    {"- name: a\n  where: null\n  hold: rows > 5\n", 2, 10, "the expression is missing", "# "},
    {"- name: a\n  hold: true\n", 2, 9, "looks at no measure", "rows > 0"},
    {"- name: a\n  hold: \"\"\n", 2, 9, "a value is expected here, not the end", "Complete"},
    {"- name: a\n  off: true\n", 1, 9, "no rule of this name has been included before",
     "include: default"},
    {"- include: default\n- {name: emptied, override: true}\n", 2, 19, "there is no such key here",
     "off"},
    {"- name: emptied\n  block: rows < 5\n- include: default\n", 12, 11,
     "stands before the include, in rules.yaml:1", "Put include: first"},
    {"- include: [a, b]\n", 1, 12, "a single value is expected here, not a list", "one value"},
    {"- include: /\n", 1, 12, "/ is a directory", "Name each file of rules by an include"},
    {"- include: /dev/null\n", 1, 12, "/dev/null is not a file", "Name each file of rules"},
    {"- include: /dev/null/a.yaml\n", 1, 12, "cannot be read: Not a directory", "Correct the path"},
    {"- each: number\n  rules:\n  - include: default\n", 3, 5,
     "only rules can stand below each:", "Move include:"},
    {"version: 2\nmodels: []\n", 1, 1, "a list of rules is expected here", "- name:"},
    /* YAML itself. */
    {"- name: a\n  hold: x: y\n", 2, 10, "mapping values are not allowed",
     "needs quotes around it"},
    {"- name: a\n  hold: rows > 5\n  because: ratio: too high\n", 3, 17,
     "mapping values are not allowed", "needs quotes around it"},
    {"- name: a\n\thold: rows > 5\n", 2, 1, "found a tab character", "spaces, not tabs"},
    {"- name: a\n hold: rows > 5\n", 2, 2, "did not find expected '-' indicator", "same column"},
    {"- name: a\n  hold: rows > 5\n   block: rows > 6\n", 3, 9, "mapping values are not allowed",
     "begin in the same column"},
    {"- name: a\n  hold:rows > 5\n", 3, 1, "could not find expected ':'", "a colon and a space"},
    {"- name: a\n  hold: rows > 5\n  hold: rows > 6\n", 3, 3, "the key stands twice",
     "first in line 2"},
    {"- name: a\n  hold: \"rows > 5\n", 3, 1, "unexpected end of stream", "never closed"},
    {"- name: a\n  hold: 'network' = 'a'\n", 2, 19, "did not find expected key",
     "begins with a quote ends with it"},
    {"- name: a\n  hold: [rows > 5\n", 3, 1, "did not find expected ',' or ']'",
     "Close the bracket"},
    {"- name: a\n  hold: {{ x }}\n", 2, 10, "a key cannot be a list or a map", "Put quotes around"},
    {"- name: a\n  hold: rows #> 5\n", 2, 9, "a rule needs a condition, and rows is a number",
     "rows > 0"},
    {"- name: a\n  hold: > 5\n", 2, 11, "did not find expected comment", "needs quotes"},
    {"- name: a\n  hold: *rows\n", 2, 9, "anchors and aliases", "Write the value out"},
    {"- name: a\n  hold: !fast rows > 5\n", 2, 9, "tags such as !fast", "Leave the tag away"},
    {"- name: a\n  hold: %x > 5\n", 2, 9, "cannot start any token", "needs quotes around it"},
    {"- name: a\n  hold: \"share(network like 'a\\d') > 5%\"\n", 2, 31, "unknown escape",
     "use single quotes"},
    {"- name: a\n  hold: rows > 5\n---\n- name: b\n  hold: rows > 5\n", 3, 1,
     "the file contains a second document", "a file of its own"},
    {"# nothing\n", 1, 1, "a list of rules is expected here", "- name:"},
    {"- name: \xFF\n", 1, 9, "the file is not UTF-8 text", "in UTF-8"},
    /* Places in every style of YAML. */
    {"- name: a\n  hold: 'rows > 5 and meen(score) > 5'\n", 2, 23, "no function 'meen'",
     "Did you mean 'mean'?"},
    {"- name: a\n  hold: \"rows > 5\\n and meen(score) > 5\"\n", 2, 25, "no function 'meen'",
     "Did you mean 'mean'?"},
    {"- name: a\n  hold: >\n    rows > 5\n    and meen(score) > 5\n", 4, 9, "no function 'meen'",
     "Did you mean 'mean'?"},
    {"- name: a\n  hold: |\n    rows > 5\n    and meen(score) > 5\n", 4, 9, "no function 'meen'",
     "Did you mean 'mean'?"},
    {"- name: a\n  hold: rows > 5\n    and meen(score) > 5\n", 3, 9, "no function 'meen'",
     "Did you mean 'mean'?"},
    {"- name: a\n  hold: share(network = ' # x') > 5%\n", 2, 25, "has no end",
     "YAML takes the rest for a comment"},
};

/* Reads the rules; a text that is no YAML has its problems in diags, too. */
static void read_mistake(struct rules *rules, const char *text)
{
    *rules = (struct rules){0};
    struct arena document CLEANUP(arena_release) = {0};
    const struct yaml_node *root = NULL;
    rules->schema = test_schema(&rules->arena);
    rules->code = yaml_parse_text("rules.yaml", text, strlen(text), &document, &root, &rules->diags,
                                  &rules->err);
    if (rules->code == OK)
        rules->code =
            rule_set_from_node(root, rules->schema, &rules->set, &rules->diags, &rules->err);
}

static void each_mistake_is_reported_at_its_place_with_a_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
        const struct mistake *m = &mistakes[i];
        struct rules rules;
        read_mistake(&rules, m->text);
        if (rules.code != ERR_CONFIG || diagnostics_count(&rules.diags) != 1) {
            diagnostics_print(&rules.diags, stderr);
            fail_msg("'%s' has %zu problems", m->text, diagnostics_count(&rules.diags));
        }
        const struct problem *problem = &rules.diags.problems[0];
        if (problem->line != m->line || problem->column != m->column)
            fail_msg("'%s': at %u:%u: %s", m->text, problem->line, problem->column,
                     problem->message);
        assert_contains(problem->message, m->message);
        assert_contains(problem->hint, m->hint);
        assert_true(m->hint[0] != '\0' && strlen(problem->hint) > 5);
        rules_release(&rules);
    }
}

/* A folder in which includes lead nowhere, or back. */
static void fill_folder(struct folder *folder)
{
    char name[16];
    char text[48];
    folder_make(folder);
    folder_make_sub(folder, "sub");
    folder_write(folder, "self.yaml", "# comment\n- include: self.yaml\n");
    folder_write(folder, "dots.yaml", "- include: sub/../dots.yaml\n");
    folder_write(folder, "a.yaml", "- {name: a, hold: rows > 5}\n- include: sub/b.yaml\n");
    folder_write(folder, "sub/b.yaml", "-\n  include: c.yaml\n");
    folder_write(folder, "sub/c.yaml", "- include: ../a.yaml\n");
    folder_write(folder, "loop.yaml", "- include: turn\n");
    assert_int_equal(symlink("turn", folder_add(folder, "turn")), 0);
    folder_write(folder, "directory.yaml", "- include: sub\n");
    folder_write(folder, "missing.yaml", "- {include: sub/none.yaml}\n");
    folder_write(folder, "dangling.yaml", "- include: link\n");
    assert_int_equal(symlink("none", folder_add(folder, "link")), 0);
    folder_write(folder, "empty.yaml", "");
    folder_write(folder, "of-empty.yaml", "- include: empty.yaml\n");
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "deep%d.yaml", i);
        (void)snprintf(text, sizeof(text), "\n- include: deep%d.yaml\n", i + 1);
        folder_write(folder, name, text);
    }
}

static void each_include_that_leads_nowhere_is_reported_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *file; /* that the problem is in */
        unsigned line;
        unsigned column;
        const char *message;
        const char *hint;
    } rows[] = {
        {"self.yaml", "/self.yaml", 2, 12, "self.yaml includes itself", "Remove one of"},
        {"dots.yaml", "/dots.yaml", 1, 12, "dots.yaml includes itself", "Remove one of"},
        {"a.yaml", "/sub/c.yaml", 1, 12, "a.yaml includes itself", "Remove one of the includes"},
        {"loop.yaml", "/loop.yaml", 1, 12, "turn cannot be read: Too many levels of symbolic links",
         "Correct the path"},
        {"directory.yaml", "/directory.yaml", 1, 12, "sub is a directory", "Name each file"},
        {"missing.yaml", "/missing.yaml", 1, 13, "none.yaml cannot be found", "are relative to"},
        {"dangling.yaml", "/dangling.yaml", 1, 12, "link cannot be found", "are relative to"},
        {"of-empty.yaml", "/empty.yaml", 1, 1, "a list of rules is expected", "- name:"},
        {"deep0.yaml", "/deep16.yaml", 2, 12, "more than 16 deep", "Include all of them from one"},
    };
    struct folder folder;
    fill_folder(&folder);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rules rules;
        rules_from_file(&rules, &folder, rows[i].name);
        assert_int_equal(rules.code, ERR_CONFIG);
        assert_int_equal(diagnostics_count(&rules.diags), 1);
        const struct problem *problem = &rules.diags.problems[0];
        if (problem->line != rows[i].line || problem->column != rows[i].column)
            fail_msg("%s: at %s:%u:%u: %s (%s)", rows[i].name, problem->file, problem->line,
                     problem->column, problem->message, problem->hint);
        assert_contains(problem->file, rows[i].file);
        assert_contains(problem->message, rows[i].message);
        assert_contains(problem->hint, rows[i].hint);
        rules_release(&rules);
    }
    folder_remove(&folder);
}

static void all_mistakes_are_reported_at_once(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- name: a\n  hold: meen(score) > 5 and mean(scroe) > 3\n"
                            "- name: b\n  warn: rows >\n  hold: qqq > 1\n"
                            "- name: c\n  hold: rows > 5\n  by: netwrk\n");
    assert_int_equal(rules.code, ERR_CONFIG);
    assert_int_equal(diagnostics_count(&rules.diags), 4);
    assert_string_equal(rules.err.file, "rules.yaml");
    assert_int_equal(rules.err.line, 2);
    assert_int_equal(rules.err.column, 9);
    assert_contains(rules.err.message, "[0].hold: there is no function 'meen'");
    rules_release(&rules);
}

static void a_mistake_in_a_rule_for_many_columns_is_reported_once(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- {name: a, each: any, hold: meen(x) > 5}\n");
    assert_int_equal(diagnostics_count(&rules.diags), 1);
    rules_release(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_reported_at_its_place_with_a_remedy),
        cmocka_unit_test(each_include_that_leads_nowhere_is_reported_at_its_place),
        cmocka_unit_test(all_mistakes_are_reported_at_once),
        cmocka_unit_test(a_mistake_in_a_rule_for_many_columns_is_reported_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
