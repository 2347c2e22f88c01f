-- Every number in the report, one query each.  $snapshot is the name of the snapshot that is shown.
-- They run over the views of `gemcrawl query`, and the report's page "how this was computed" prints them as they are here.

-- name: totals
SELECT
    (SELECT count(*) FROM municipalities WHERE snapshot = $snapshot) AS municipalities,
    (SELECT count(*) FROM forms WHERE snapshot = $snapshot) AS forms,
    (SELECT count(*) FROM forms WHERE snapshot = $snapshot AND kind IN ('appointment', 'contact')) AS forms_in_scope,
    (SELECT count(DISTINCT host) FROM hosts WHERE snapshot = $snapshot) AS hosts,
    (SELECT coalesce(sum(pages), 0)::BIGINT FROM municipalities WHERE snapshot = $snapshot) AS pages,
    (SELECT coalesce(sum(requests), 0)::BIGINT FROM municipalities WHERE snapshot = $snapshot) AS requests

-- name: headline
WITH results AS (
    SELECT municipality, kind, unnest([
        {'rule_set': 'ncsc-webapp-2015', 'result': ncsc_webapp_2015},
        {'rule_set': 'https-2016', 'result': https_2016},
        {'rule_set': 'decree-2023', 'result': decree_2023},
        {'rule_set': 'internet-nl-2025', 'result': internet_nl_2025}
    ], recursive := true)
    FROM forms
    WHERE snapshot = $snapshot
), worst AS (
    SELECT kind, rule_set, municipality, bool_or(result = 'fail') AS fails,
        bool_or(result IN ('not_tested', 'error', 'unreachable')) AS unknown, bool_or(result = 'pass') AS passes
    FROM results
    GROUP BY ALL
), grid AS (
    SELECT unnest(['appointment', 'contact']) AS kind, rule_set
    FROM (SELECT unnest(['https-2016', 'ncsc-webapp-2015', 'decree-2023', 'internet-nl-2025']) AS rule_set)
)
SELECT kind, rule_set,
    count(municipality) FILTER (fails) AS failing,
    count(municipality) FILTER (NOT fails AND unknown) AS unknown,
    count(municipality) FILTER (NOT fails AND NOT unknown AND passes) AS passing,
    (SELECT count(*) FROM municipalities WHERE snapshot = $snapshot)
        - count(municipality) FILTER (fails OR unknown OR passes) AS no_form,
    (SELECT count(*) FROM municipalities WHERE snapshot = $snapshot) AS total
FROM grid LEFT JOIN worst USING (kind, rule_set)
GROUP BY kind, rule_set
ORDER BY kind, rule_set

-- name: statuses
WITH answers AS (
    SELECT unnest([{'kind': 'appointment', 'status': appointment}, {'kind': 'contact', 'status': contact}], recursive := true)
    FROM municipalities
    WHERE snapshot = $snapshot
)
SELECT kind, status, count(*) AS municipalities
FROM answers
GROUP BY kind, status
ORDER BY kind, list_position(['insecure', 'downgrade', 'weak', 'secure', 'not_tested', 'not_found'], status)

-- name: findings
WITH found AS (
    SELECT municipality, kind, form_id, unnest(findings, recursive := true)
    FROM forms
    WHERE snapshot = $snapshot AND kind IN ('appointment', 'contact')
)
SELECT code, weight, count(DISTINCT municipality) AS municipalities,
    count(DISTINCT municipality) FILTER (kind = 'appointment') AS appointment,
    count(DISTINCT municipality) FILTER (kind = 'contact') AS contact,
    count(DISTINCT (municipality, form_id)) AS forms
FROM found
GROUP BY code, weight
ORDER BY list_position(['insecure', 'downgrade', 'weak', 'note'], weight), municipalities DESC, code

-- name: suppliers
SELECT supplier, count(DISTINCT municipality) AS municipalities, count(*) AS forms,
    count(DISTINCT municipality) FILTER (verdict IN ('insecure', 'downgrade', 'weak')) AS affected,
    count(DISTINCT municipality) FILTER (verdict = 'insecure') AS insecure,
    count(DISTINCT municipality) FILTER (verdict = 'downgrade') AS downgrade,
    count(DISTINCT municipality) FILTER (verdict = 'weak') AS weak
FROM forms
WHERE snapshot = $snapshot AND kind IN ('appointment', 'contact')
GROUP BY supplier
ORDER BY supplier IS NULL, affected DESC, insecure DESC, supplier

-- name: fixes
WITH found AS (
    SELECT supplier, municipality, unnest(findings, recursive := true)
    FROM forms
    WHERE snapshot = $snapshot AND kind IN ('appointment', 'contact') AND supplier IS NOT NULL
)
SELECT supplier, code, weight, count(DISTINCT municipality) AS municipalities
FROM found
WHERE weight <> 'note'
GROUP BY supplier, code, weight
HAVING count(DISTINCT municipality) > 1
ORDER BY municipalities DESC, list_position(['insecure', 'downgrade', 'weak'], weight), supplier, code
LIMIT 40

-- name: shared_hosts
WITH found AS (
    SELECT municipality, unnest(findings, recursive := true)
    FROM forms
    WHERE snapshot = $snapshot AND kind IN ('appointment', 'contact')
)
SELECT regexp_extract(subject, '^(?:https?://)?([^/:?#]+)', 1) AS host, code, weight, count(DISTINCT municipality) AS municipalities
FROM found
WHERE weight <> 'note'
GROUP BY ALL
HAVING count(DISTINCT municipality) > 1 AND host <> ''
ORDER BY municipalities DESC, host, code
LIMIT 40

-- name: provinces
WITH answers AS (
    SELECT province, unnest([{'kind': 'appointment', 'status': appointment}, {'kind': 'contact', 'status': contact}], recursive := true)
    FROM municipalities
    WHERE snapshot = $snapshot
)
SELECT province, kind, count(*) AS municipalities,
    count(*) FILTER (status = 'insecure') AS insecure,
    count(*) FILTER (status = 'downgrade') AS downgrade,
    count(*) FILTER (status = 'weak') AS weak,
    count(*) FILTER (status = 'secure') AS secure,
    count(*) FILTER (status = 'not_tested') AS not_tested,
    count(*) FILTER (status = 'not_found') AS not_found
FROM answers
GROUP BY province, kind
ORDER BY province, kind

-- name: personal
WITH asked AS (
    SELECT municipality, form_id, verdict, unnest(personal_data) AS category
    FROM forms
    WHERE snapshot = $snapshot
)
SELECT category,
    count(DISTINCT municipality) FILTER (verdict = 'insecure') AS municipalities,
    count(DISTINCT (municipality, form_id)) FILTER (verdict = 'insecure') AS insecure_forms,
    count(DISTINCT (municipality, form_id)) AS forms
FROM asked
GROUP BY category
ORDER BY list_position([
    'bsn', 'document_number', 'health', 'iban', 'signature', 'birth_date', 'nationality', 'family', 'gender', 'upload',
    'licence_plate', 'address', 'postcode', 'city', 'phone', 'email', 'name', 'free_text'
], category)

-- name: outcomes
SELECT outcome, reason, count(*) AS municipalities
FROM municipalities
WHERE snapshot = $snapshot
GROUP BY outcome, reason
ORDER BY list_position(['surveyed', 'partial', 'unreachable', 'blocked', 'robots_denied', 'failed'], outcome), municipalities DESC, reason

-- name: page_failures
SELECT failure, count(*) AS pages, count(DISTINCT municipality) AS municipalities
FROM pages
WHERE snapshot = $snapshot AND failure IS NOT NULL
GROUP BY ALL
ORDER BY pages DESC, failure

-- name: rendering
SELECT render_outcome, count(*) AS pages, count(DISTINCT municipality) AS municipalities
FROM pages
WHERE snapshot = $snapshot AND render_outcome IS NOT NULL
GROUP BY ALL
ORDER BY pages DESC, render_outcome

-- name: trend
WITH grid AS (
    SELECT snapshot, total, unnest(['appointment', 'contact']) AS kind, rule_set
    FROM trend.comparable($snapshot), (SELECT unnest(['https-2016', 'ncsc-webapp-2015', 'decree-2023', 'internet-nl-2025']) AS rule_set)
), failing AS (
    SELECT snapshot, kind, rule_set, municipalities FROM trend.rules WHERE result = 'fail'
)
SELECT snapshot, kind, rule_set, coalesce(municipalities, 0) AS failing, total
FROM grid LEFT JOIN failing USING (snapshot, kind, rule_set)
ORDER BY snapshot, kind, rule_set

-- name: trend_statuses
SELECT snapshot, kind,
    coalesce(sum(municipalities) FILTER (status = 'insecure'), 0)::BIGINT AS insecure,
    coalesce(sum(municipalities) FILTER (status = 'downgrade'), 0)::BIGINT AS downgrade,
    coalesce(sum(municipalities) FILTER (status = 'weak'), 0)::BIGINT AS weak,
    coalesce(sum(municipalities) FILTER (status = 'secure'), 0)::BIGINT AS secure,
    coalesce(sum(municipalities) FILTER (status = 'not_tested'), 0)::BIGINT AS not_tested,
    coalesce(sum(municipalities) FILTER (status = 'not_found'), 0)::BIGINT AS not_found
FROM trend.statuses SEMI JOIN trend.comparable($snapshot) USING (snapshot)
GROUP BY snapshot, kind
ORDER BY snapshot, kind

-- name: fix_times
SELECT supplier, count(DISTINCT municipality) AS municipalities, count(*) AS findings,
    count(fixed_in) AS fixed,
    count(*) - count(fixed_in) AS still_open,
    median(days) AS median_days
FROM trend.fixes_until($snapshot)
GROUP BY supplier
ORDER BY still_open DESC, findings DESC, supplier

-- name: since
SELECT f.municipality, f.form_id, h.since, h.first_seen
FROM forms AS f JOIN lineage ON lineage.code = f.municipality JOIN history AS h
    ON h.municipality = lineage.municipality AND h.kind = f.kind AND h.place = place(f.page_url) AND h.snapshot = f.snapshot
WHERE f.snapshot = $snapshot
