-- Views over the published snapshots, beside municipalities, forms, pages and hosts (all snapshots) and the schema latest (the newest one).
-- docs/queries.md says what they are for.  lineage is a table that gemcrawl.snapshot.read fills: for every code of any snapshot, the
-- municipality that it is in the newest one, or became by a merger.

-- The moment a snapshot's run began.
CREATE MACRO moment(snapshot) AS strptime(snapshot, '%Y-%m-%dT%H%M%SZ');

-- A page whatever its scheme, query and session: what stays when a form is mended.
CREATE MACRO place(url) AS rtrim(regexp_replace(regexp_replace(url, '^https?://', ''), '[?#;].*$', ''), '/');

-- How bad a verdict is: 0 secure, 1 not_tested, 2 weak, 3 downgrade, 4 insecure.
CREATE MACRO badness(verdict) AS list_position(['secure', 'not_tested', 'weak', 'downgrade', 'insecure'], verdict) - 1;

-- One row per form and snapshot: what was, what it was before, and since when.  Forms of one kind at one place are one: the worst counts.
CREATE VIEW history AS
WITH each AS (
    SELECT lineage.municipality, kind, place(page_url) AS place, snapshot, form_id, page_url, supplier, verdict,
        list_transform(list_filter(findings, lambda finding: finding.weight <> 'note'), lambda finding: finding.code) AS codes
    FROM forms JOIN lineage ON lineage.code = forms.municipality
), seen AS (
    SELECT municipality, kind, place, snapshot,
        arg_max(form_id, badness(verdict)) AS form_id,
        arg_max(page_url, badness(verdict)) AS page_url,
        arg_max(supplier, badness(verdict)) AS supplier,
        arg_max(verdict, badness(verdict)) AS verdict,
        list_sort(list_distinct(flatten(list(codes)))) AS findings
    FROM each
    GROUP BY municipality, kind, place, snapshot
), steps AS (
    SELECT *, lag(verdict) OVER form AS previous_verdict, first_value(snapshot) OVER form AS first_seen
    FROM seen
    WINDOW form AS (PARTITION BY municipality, kind, place ORDER BY snapshot)
)
SELECT *, max(CASE WHEN previous_verdict IS DISTINCT FROM verdict THEN snapshot END)
    OVER (PARTITION BY municipality, kind, place ORDER BY snapshot) AS since
FROM steps;

CREATE SCHEMA trend;

-- The snapshots up to one that are over about as many municipalities as that one: between four fifths and five quarters, for mergers.  What
-- selections count is no part of a trend.
CREATE MACRO trend.comparable(until) AS TABLE
WITH counted AS (SELECT snapshot, count(*) AS total FROM municipalities WHERE snapshot <= until GROUP BY snapshot)
SELECT snapshot, counted.total
FROM counted, (SELECT total FROM counted WHERE snapshot = until) AS shown
WHERE counted.total BETWEEN 0.8 * shown.total AND 1.25 * shown.total;

-- Forms, and municipalities with such a form, per snapshot, kind, rule set and result.
CREATE VIEW trend.rules AS
WITH results AS (
    SELECT snapshot, kind, municipality, unnest([
        {'rule_set': 'https-2016', 'result': https_2016},
        {'rule_set': 'ncsc-webapp-2015', 'result': ncsc_webapp_2015},
        {'rule_set': 'decree-2023', 'result': decree_2023},
        {'rule_set': 'internet-nl-2025', 'result': internet_nl_2025}
    ], recursive := true)
    FROM forms
)
SELECT snapshot, kind, rule_set, result, count(*) AS forms, count(DISTINCT municipality) AS municipalities
FROM results
GROUP BY ALL;

-- Forms and municipalities per snapshot, kind and finding.
CREATE VIEW trend.findings AS
WITH found AS (SELECT DISTINCT snapshot, kind, municipality, form_id, unnest(findings).code AS code, unnest(findings).weight AS weight FROM forms)
SELECT snapshot, kind, code, weight, count(*) AS forms, count(DISTINCT municipality) AS municipalities
FROM found
GROUP BY ALL;

-- Municipalities per snapshot, kind of form and status.
CREATE VIEW trend.statuses AS
WITH answers AS (
    SELECT snapshot, code, unnest([{'kind': 'appointment', 'status': appointment}, {'kind': 'contact', 'status': contact}], recursive := true)
    FROM municipalities
)
SELECT snapshot, kind, status, count(*) AS municipalities
FROM answers
GROUP BY ALL;

-- One row per finding at a form: from the snapshot that first had it to the first one after the last that had it, in which the municipality,
-- and each that merged into it, was read well enough to say so (null while it is open).  A night without it in between does not close it: it
-- may be noise.  fixes_until(snapshot) knows of nothing later than that snapshot, trend.fixes of everything.
CREATE MACRO trend.fixes_until(until) AS TABLE
WITH hits AS (
    SELECT municipality, kind, place, unnest(findings) AS code, snapshot, supplier
    FROM history
    WHERE kind IN ('appointment', 'contact') AND snapshot <= until
), spans AS (
    SELECT municipality, kind, place, code, arg_max(supplier, snapshot) AS supplier, min(snapshot) AS first_seen, max(snapshot) AS last_seen
    FROM hits
    GROUP BY municipality, kind, place, code
), answers AS (
    SELECT code, snapshot, outcome,
        unnest([{'kind': 'appointment', 'status': appointment}, {'kind': 'contact', 'status': contact}], recursive := true)
    FROM municipalities
    WHERE snapshot <= until
), telling AS (
    SELECT lineage.municipality, snapshot, kind
    FROM answers JOIN lineage USING (code)
    GROUP BY ALL
    HAVING bool_and(outcome = 'surveyed' AND status <> 'not_tested')
)
SELECT spans.*, telling.snapshot AS fixed_in, epoch(moment(telling.snapshot) - moment(first_seen)) / 86400 AS days
FROM spans ASOF LEFT JOIN telling
    ON telling.municipality = spans.municipality AND telling.kind = spans.kind AND telling.snapshot > last_seen;

CREATE VIEW trend.fixes AS FROM trend.fixes_until((SELECT max(snapshot) FROM municipalities));

-- How long each municipality took, in days; open findings are counted beside it.
CREATE VIEW trend.fixes_by_municipality AS
SELECT municipality, count(*) AS findings, count(days) AS fixed, count(*) - count(days) AS open, median(days) AS median_days, max(days) AS slowest_days
FROM trend.fixes
GROUP BY municipality;

-- The same for each supplier, with the municipalities concerned; findings at forms of no known supplier are left out.
CREATE VIEW trend.fixes_by_supplier AS
SELECT supplier, count(DISTINCT municipality) AS municipalities, count(*) AS findings, count(days) AS fixed, count(*) - count(days) AS open,
    median(days) AS median_days, max(days) AS slowest_days
FROM trend.fixes
WHERE supplier IS NOT NULL
GROUP BY supplier;
