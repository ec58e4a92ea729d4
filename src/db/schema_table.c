/* The data dictionary. Ids are those of base/id.h; what ends in _at is a Timestamp in microseconds.
 *
 * Every row that holds anything about a person is reached from account.id by its own account_id,
 * and what its retention counts from is a column of the row itself: uploaded_at is the moment of
 * the upload that the row's content comes from (LST-17), however late the row was made. Ids of
 * objects are no foreign keys: the vault keeps an object's row until its last byte is gone, longer
 * than anything that refers to it.
 *
 * Appended, never edited once a release has run them. */
#include "db/schema_table.h"

/* People, how they come in, and what they hold while they are in. */
static const char accounts_sql[] =
    "CREATE TABLE account ("
    "    id {text} PRIMARY KEY,"
    "    region {text} NOT NULL CHECK (region IN ('us', 'eu'))," /* chosen at sign-up; LST-28 */
    "    display_name {text} NOT NULL,"
    "    email {text}," /* as the provider gave it; never a key */
    "    created_at {i64} NOT NULL,"
    "    closed_at {i64}" /* the person asked for deletion; LST-27 counts from here */
    ") {strict};"
    "CREATE INDEX account_by_closing ON account (closed_at) WHERE closed_at IS NOT NULL;"

    /* One person at one sign-in provider. */
    "CREATE TABLE identity ("
    "    provider {text} NOT NULL," /* google, microsoft, github, test */
    "    subject {text} NOT NULL,"  /* the provider's own name for the person; opaque */
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    email {text},"
    "    created_at {i64} NOT NULL,"
    "    last_used_at {i64} NOT NULL,"
    "    PRIMARY KEY (provider, subject)"
    ") {strict};"
    "CREATE INDEX identity_by_account ON identity (account_id);"

    /* A sign-in that has gone to its provider and not come back; nobody's yet. Minutes old. */
    "CREATE TABLE sign_in ("
    "    state_hash {blob} PRIMARY KEY," /* SHA-256 of the state parameter */
    "    provider {text} NOT NULL,"
    "    region {text} NOT NULL," /* where an account would be made; '': make none */
    "    nonce {text} NOT NULL,"
    "    verifier {text} NOT NULL,"     /* PKCE (RFC 7636) */
    "    browser_hash {blob} NOT NULL," /* SHA-256 of the cookie of the browser that began */
    "    return_to {text} NOT NULL,"    /* path of ours to go to afterwards */
    "    created_at {i64} NOT NULL,"
    "    expires_at {i64} NOT NULL"
    ") {strict};"
    "CREATE INDEX sign_in_by_expiry ON sign_in (expires_at);"

    /* A browser that is signed in. */
    "CREATE TABLE session ("
    "    token_hash {blob} PRIMARY KEY," /* SHA-256 of the cookie */
    "    id {text} NOT NULL UNIQUE,"     /* how the page names it */
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    created_at {i64} NOT NULL,"
    "    last_seen_at {i64} NOT NULL," /* exact to some minutes */
    "    expires_at {i64} NOT NULL,"
    "    browser {text} NOT NULL" /* family and system: "Firefox on Linux" */
    ") {strict};"
    "CREATE INDEX session_by_account ON session (account_id);"
    "CREATE INDEX session_by_expiry ON session (expires_at);"

    /* A program that may sign in as the account. */
    "CREATE TABLE api_token ("
    "    id {text} PRIMARY KEY,"
    "    token_hash {blob} NOT NULL UNIQUE," /* SHA-256; the token itself is shown once */
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    name {text} NOT NULL,"
    "    created_at {i64} NOT NULL,"
    "    last_used_at {i64},"
    "    expires_at {i64}" /* null: until it is revoked */
    ") {strict};"
    "CREATE INDEX api_token_by_account ON api_token (account_id);"

    /* The host names that serve an account's pictures (LST-19). */
    "CREATE TABLE host ("
    "    name {text} PRIMARY KEY,"
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    created_at {i64} NOT NULL,"
    "    retired_at {i64}" /* serves what it served, gets nothing new */
    ") {strict};"
    "CREATE INDEX host_by_account ON host (account_id);";

/* blob/vault: a row before an object's first byte is written and until after its last is gone. */
static const char objects_sql[] =
    "CREATE TABLE object ("
    "    id {text} PRIMARY KEY,"
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    class {i64} NOT NULL," /* ObjectClass of blob/vault.h */
    "    region {text} NOT NULL,"
    "    size {i64} NOT NULL,"  /* of its content; 0 until it is finished */
    "    state {i64} NOT NULL," /* ObjectState there: 1 referred to, others on the way in or out */
    "    uploaded_at {i64} NOT NULL,"
    "    created_at {i64} NOT NULL"
    ") {strict};"
    "CREATE INDEX object_by_account ON object (account_id);"
    "CREATE INDEX object_by_upload ON object (uploaded_at);"
    "CREATE INDEX object_unsettled ON object (state, created_at) WHERE state <> 1;";

/* batches/: a spreadsheet and its photos, on their way to URLs. Numbers of states, kinds and
 * verdicts are those of the enums in batches/. */
static const char batches_sql[] =
    "CREATE TABLE batch ("
    "    id {text} PRIMARY KEY,"
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    name {text} NOT NULL,"
    "    state {i64} NOT NULL,"        /* BatchState */
    "    marketplace {text} NOT NULL," /* '': as recognised in the sheet */
    "    longest_side {i64} NOT NULL," /* pixels; 0: as the marketplace wants */
    "    quality {i64} NOT NULL,"      /* 0: by measure */
    "    sheet_object {text},"         /* null: none, and what follows is empty */
    "    sheet_name {text} NOT NULL,"
    "    sheet_uploaded_at {i64},"
    "    sheet_is_read {bool} NOT NULL,"
    "    sheet_description {text} NOT NULL,"
    "    sheet_marketplace {text} NOT NULL," /* whose grammar was found */
    "    sheet_worksheet {text} NOT NULL,"
    "    sheet_notes {text} NOT NULL,"
    "    sheet_problem {text} NOT NULL," /* '': it can be used */
    "    revision {i64} NOT NULL,"       /* goes up with every change that the page shows */
    "    match_wanted {i64} NOT NULL,"   /* goes up with every change that matching depends on */
    "    match_done {i64} NOT NULL,"     /* what match_wanted was when the last matching began */
    "    match_run {i64} NOT NULL," /* goes up when a matching under way must not go on: another
                                     * began, a person decided */
    "    created_at {i64} NOT NULL,"
    "    changed_at {i64} NOT NULL,"
    "    published_at {i64},"
    "    publish_error {text} NOT NULL," /* '': none */
    "    uploaded_at {i64} NOT NULL,"    /* of the latest file; before there is one, created_at */
    "    first_photo_at {i64},"          /* uploaded_at of its first and last photo; null: none */
    "    last_photo_at {i64},"
    /* Counters over its rows in photo and sku, kept by whoever changes those. */
    "    num_photos {i64} NOT NULL,"
    "    num_waiting {i64} NOT NULL,"
    "    num_done {i64} NOT NULL,"
    "    num_failed {i64} NOT NULL,"
    "    num_matched {i64} NOT NULL,"
    "    num_unmatched {i64} NOT NULL,"
    "    num_ambiguous {i64} NOT NULL,"
    "    num_duplicate {i64} NOT NULL,"
    "    num_rejected {i64} NOT NULL,"
    "    num_left_out {i64} NOT NULL,"
    "    num_attention {i64} NOT NULL,"
    "    num_skus {i64} NOT NULL,"
    "    num_skus_without_main {i64} NOT NULL,"
    "    num_skus_attention {i64} NOT NULL,"
    "    bytes_in {i64} NOT NULL,"
    "    bytes_out {i64} NOT NULL"
    ") {strict};"
    "CREATE INDEX batch_by_account ON batch (account_id, id);"
    "CREATE INDEX batch_by_upload ON batch (uploaded_at);"
    "CREATE INDEX batch_by_sheet_upload ON batch (sheet_uploaded_at);"
    "CREATE INDEX batch_by_first_photo ON batch (first_photo_at);"

    /* A SKU of the sheet. */
    "CREATE TABLE sku ("
    "    batch_id {text} NOT NULL REFERENCES batch (id),"
    "    row {i64} NOT NULL," /* of the sheet, from 1 */
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    sku {text} NOT NULL,"
    "    asin {text} NOT NULL," /* '': none; so are the next two */
    "    barcode {text} NOT NULL,"
    "    parent {text} NOT NULL,"
    "    is_parent {bool} NOT NULL,"
    "    problem {text} NOT NULL,"
    "    file_names {text} NOT NULL,"  /* names that the sheet gives for its photos: lines, main
                                          first */
    "    sheet_slots {text} NOT NULL," /* slots that have a URL in the sheet: "MAIN PT01" */
    "    search {text} NOT NULL,"      /* sku, asin and barcode, case folded, a line each */
    "    has_main {bool} NOT NULL,"    /* a photo has its main slot */
    "    needs_attention {bool} NOT NULL,"
    "    uploaded_at {i64} NOT NULL," /* of the sheet */
    "    PRIMARY KEY (batch_id, row)"
    ") {strict};"
    "CREATE INDEX sku_by_attention ON sku (batch_id, row) WHERE needs_attention = 1;"
    "CREATE INDEX sku_by_account ON sku (account_id);"
    "CREATE INDEX sku_by_upload ON sku (uploaded_at);"

    /* A file on its way in (tus). */
    "CREATE TABLE upload ("
    "    id {text} PRIMARY KEY,"
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    batch_id {text} NOT NULL REFERENCES batch (id),"
    "    kind {i64} NOT NULL,"  /* UploadKind */
    "    name {text} NOT NULL," /* relative path, as the browser gave it */
    "    size {i64} NOT NULL,"
    "    offset_bytes {i64} NOT NULL," /* how much is here and durable */
    "    metadata {text} NOT NULL,"    /* tus Upload-Metadata, given back as it came */
    "    state {i64} NOT NULL,"        /* UploadState */
    "    failure {text} NOT NULL,"
    "    uploaded_at {i64} NOT NULL," /* when it began: no byte of it is older */
    "    expires_at {i64} NOT NULL,"
    "    finished_at {i64}"
    ") {strict};"
    "CREATE INDEX upload_by_batch ON upload (batch_id, state, id);"
    "CREATE INDEX upload_open ON upload (account_id, size) WHERE state = 1;"
    "CREATE INDEX upload_by_account ON upload (account_id);"
    "CREATE INDEX upload_by_expiry ON upload (expires_at);"
    "CREATE INDEX upload_by_upload ON upload (uploaded_at);"

    /* Bytes of an upload, one object. */
    "CREATE TABLE upload_part ("
    "    upload_id {text} NOT NULL REFERENCES upload (id),"
    "    offset_bytes {i64} NOT NULL," /* in the file */
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    object_id {text} NOT NULL,"
    "    size {i64} NOT NULL,"
    "    uploaded_at {i64} NOT NULL," /* of the upload */
    "    PRIMARY KEY (upload_id, offset_bytes)"
    ") {strict};"
    "CREATE INDEX upload_part_by_account ON upload_part (account_id);"
    "CREATE INDEX upload_part_by_upload ON upload_part (uploaded_at);"

    "CREATE TABLE photo ("
    "    id {text} PRIMARY KEY,"
    "    batch_id {text} NOT NULL REFERENCES batch (id),"
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    name {text} NOT NULL," /* relative path */
    "    size {i64} NOT NULL,"
    "    digest {blob} NOT NULL,"     /* SHA-256 of the bytes as they came */
    "    is_picture {bool} NOT NULL," /* begins as one */
    "    original_object {text} NOT NULL,"
    "    uploaded_at {i64} NOT NULL,"
    "    state {i64} NOT NULL," /* PhotoState */
    "    failure {text} NOT NULL,"
    "    version {i64} NOT NULL," /* goes up when it is to be cleaned anew, and when it was */
    /* What the worker found; '' and 0 before. */
    "    format {text} NOT NULL,"
    "    width {i64} NOT NULL,"
    "    height {i64} NOT NULL,"
    "    num_frames {i64} NOT NULL,"
    "    was_truncated {bool} NOT NULL,"
    "    had_location {bool} NOT NULL," /* that there was one: not where */
    "    border_white {real} NOT NULL,"
    "    frame_fill {real} NOT NULL,"
    /* The cleaned picture; null and 0 before. */
    "    picture_object {text},"
    "    picture_digest {blob}," /* SHA-256 */
    "    picture_width {i64} NOT NULL,"
    "    picture_height {i64} NOT NULL,"
    "    picture_bytes {i64} NOT NULL,"
    "    thumbnail_object {text},"
    /* Where it belongs, and who says so. */
    "    verdict {i64} NOT NULL," /* PhotoVerdict */
    "    sku_row {i64},"          /* sku.row; null: none */
    "    slot {text} NOT NULL,"   /* '': none */
    "    rule {text} NOT NULL,"
    "    notes {text} NOT NULL,"
    "    decided_by {i64} NOT NULL," /* DecidedBy */
    "    turn {i64} NOT NULL,"       /* degrees clockwise, by a person */
    "    needs_attention {bool} NOT NULL,"
    "    revision {i64} NOT NULL,"         /* batch.revision of its last change */
    "    decided_revision {i64} NOT NULL," /* and of the last change of where it belongs */
    "    changed_at {i64} NOT NULL"
    ") {strict};"
    "CREATE INDEX photo_by_batch ON photo (batch_id, id);"
    "CREATE INDEX photo_by_verdict ON photo (batch_id, verdict, id);"
    "CREATE INDEX photo_by_attention ON photo (batch_id, id) WHERE needs_attention = 1;"
    /* No slot is given twice. */
    "CREATE UNIQUE INDEX photo_placed ON photo (batch_id, sku_row, slot) WHERE verdict = 1;"
    "CREATE INDEX photo_by_sku ON photo (batch_id, sku_row, id);"
    "CREATE INDEX photo_unmatched ON photo (batch_id, id) WHERE verdict IN (2, 3);"
    "CREATE INDEX photo_by_digest ON photo (batch_id, digest);"
    "CREATE INDEX photo_by_revision ON photo (batch_id, revision);"
    "CREATE INDEX photo_by_account ON photo (account_id);"
    "CREATE INDEX photo_by_upload ON photo (uploaded_at);"

    /* What a URL serves: https://HOST/PATH. */
    "CREATE TABLE publication ("
    "    host {text} NOT NULL,"
    "    path {text} NOT NULL," /* "DIGEST/NAME.jpg" */
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    batch_id {text} NOT NULL REFERENCES batch (id),"
    "    photo_id {text} NOT NULL REFERENCES photo (id),"
    "    object_id {text} NOT NULL,"
    "    bytes {i64} NOT NULL,"
    "    uploaded_at {i64} NOT NULL,"
    "    published_at {i64} NOT NULL,"
    "    expires_at {i64} NOT NULL," /* the picture's last moment */
    "    PRIMARY KEY (host, path)"
    ") {strict};"
    "CREATE INDEX publication_by_photo ON publication (photo_id);"
    "CREATE INDEX publication_by_batch ON publication (batch_id);"
    "CREATE INDEX publication_by_account ON publication (account_id);"
    "CREATE INDEX publication_by_upload ON publication (uploaded_at);"

    /* The history of a batch (LST-03): what was decided, by whom, when. */
    "CREATE TABLE batch_event ("
    "    id {text} PRIMARY KEY,"
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    batch_id {text} NOT NULL REFERENCES batch (id),"
    "    photo_id {text}," /* null: about the batch; the photo may be gone */
    "    at {i64} NOT NULL,"
    "    what {text} NOT NULL,"
    "    decided_by {i64} NOT NULL," /* DecidedBy */
    "    details {text} NOT NULL,"
    "    uploaded_at {i64} NOT NULL"
    ") {strict};"
    "CREATE INDEX batch_event_by_batch ON batch_event (batch_id, id);"
    "CREATE INDEX batch_event_by_photo ON batch_event (photo_id, id) WHERE photo_id IS NOT NULL;"
    "CREATE INDEX batch_event_by_account ON batch_event (account_id);"
    "CREATE INDEX batch_event_by_upload ON batch_event (uploaded_at);";

/* jobs/: work to be done. A row goes with the transaction that makes the work's effect visible. */
static const char jobs_sql[] =
    /* The kinds that running programs know, so that whoever adds a job need not know its lane. */
    "CREATE TABLE job_kind ("
    "    kind {text} PRIMARY KEY,"
    "    lane {i64} NOT NULL,"
    "    lease {i64} NOT NULL" /* microseconds */
    ") {strict};"

    "CREATE TABLE job ("
    "    id {text} PRIMARY KEY,"
    "    kind {text} NOT NULL,"
    "    subject {text} NOT NULL," /* id of what it is about */
    "    account_id {text},"       /* null: nobody's, a sweep */
    "    lane {i64} NOT NULL,"     /* -1 until a program has told its kind */
    "    state {i64} NOT NULL,"    /* 0 later, 1 due, 2 leased, 3 failed for good */
    "    turn {i64} NOT NULL,"     /* accounts take turns: jobs/queue.c says how */
    "    attempt {i64} NOT NULL,"  /* how often it was leased */
    "    run_at {i64} NOT NULL,"   /* not before */
    "    leased_until {i64},"
    "    last_error {text} NOT NULL," /* '': none */
    "    created_at {i64} NOT NULL"
    ") {strict};"
    /* A job that waits stands for the next one of its kind and subject, too; and two of them never
     * run at the same time. */
    "CREATE UNIQUE INDEX job_waiting ON job (kind, subject) WHERE state <= 1;"
    "CREATE UNIQUE INDEX job_running ON job (kind, subject) WHERE state = 2;"
    "CREATE INDEX job_due ON job (lane, turn, id) WHERE state = 1;"
    "CREATE INDEX job_turns ON job (lane, account_id, turn) WHERE state <= 1;"
    "CREATE INDEX job_later ON job (run_at) WHERE state = 0;"
    "CREATE INDEX job_leased ON job (leased_until) WHERE state = 2;"
    "CREATE INDEX job_failed ON job (created_at) WHERE state = 3;"
    "CREATE INDEX job_by_account ON job (account_id);";

/* web/ */
static const char requests_sql[] =
    /* What was answered to a request that may come again. */
    "CREATE TABLE idempotency ("
    "    account_id {text} NOT NULL REFERENCES account (id),"
    "    key {text} NOT NULL," /* Idempotency-Key */
    "    route {text} NOT NULL,"
    "    request_digest {blob} NOT NULL," /* SHA-256: the same key for another request is wrong */
    "    status {i64} NOT NULL,"          /* 0: still being answered */
    "    body {text} NOT NULL,"
    "    created_at {i64} NOT NULL,"
    "    PRIMARY KEY (account_id, key)"
    ") {strict};"
    "CREATE INDEX idempotency_by_age ON idempotency (created_at);"

    /* For debugging (LST-08), and apart from all content. */
    "CREATE TABLE technical_log ("
    "    id {text} PRIMARY KEY,"
    "    account_id {text}," /* null: nobody was signed in */
    "    at {i64} NOT NULL,"
    "    route {text} NOT NULL,"
    "    status {i64} NOT NULL,"
    "    milliseconds {i64} NOT NULL,"
    "    address {text} NOT NULL," /* cut to /24 or /48 */
    "    browser {text} NOT NULL"  /* family */
    ") {strict};"
    "CREATE INDEX technical_log_by_age ON technical_log (at);"
    "CREATE INDEX technical_log_by_account ON technical_log (account_id);";

/* privacy/ */
static const char privacy_sql[] =
    /* Who was erased, so that a restored backup can be erased again. Outlives the account and then
     * holds nothing about the person. */
    "CREATE TABLE erasure ("
    "    id {text} PRIMARY KEY,"        /* of the receipt */
    "    account_id {text},"            /* null when it is done */
    "    account_hash {blob} NOT NULL," /* SHA-256 of the account's id, which is random */
    "    requested_at {i64} NOT NULL,"
    "    done_at {i64},"
    "    plan {text} NOT NULL" /* JSON: what there was, and what was to become of it; '' before */
    ") {strict};"
    "CREATE INDEX erasure_by_account ON erasure (account_id) WHERE account_id IS NOT NULL;"

    /* When the retention sweep last ran: a clock that jumped shows. */
    "CREATE TABLE sweep_state ("
    "    name {text} PRIMARY KEY,"
    "    at {i64} NOT NULL"
    ") {strict};";

/* batches/: rows are bounded, too, and a ZIP that is being taken apart holds room. */
static const char quotas_sql[] =
    /* Ever in this batch; set right when the sweep took some of them away. */
    "ALTER TABLE batch ADD COLUMN num_uploads {i64} NOT NULL DEFAULT 0;"
    "ALTER TABLE batch ADD COLUMN num_events {i64} NOT NULL DEFAULT 0;"
    "UPDATE batch SET"
    " num_uploads = (SELECT COUNT(*) FROM upload WHERE upload.batch_id = batch.id),"
    " num_events = (SELECT COUNT(*) FROM batch_event WHERE batch_event.batch_id = batch.id);"
    /* Of a ZIP: what is still to come out of it. */
    "ALTER TABLE upload ADD COLUMN reserved_bytes {i64} NOT NULL DEFAULT 0;"
    "DROP INDEX upload_open;"
    "CREATE INDEX upload_open ON upload (account_id, size, reserved_bytes) WHERE state = 1;";

/* The URL of each photo of a list, without looking at the publication itself. */
static const char photo_urls_sql[] =
    "DROP INDEX publication_by_photo;"
    "CREATE INDEX publication_by_photo"
    "    ON publication (photo_id, published_at DESC, host, path);";

const DbMigration schema_migrations[] = {
    { "0001 accounts", accounts_sql }, { "0002 objects", objects_sql },
    { "0003 batches", batches_sql },   { "0004 jobs", jobs_sql },
    { "0005 requests", requests_sql }, { "0006 privacy", privacy_sql },
    { "0007 quotas", quotas_sql },     { "0008 URLs of photos", photo_urls_sql },
};

const gsize num_schema_migrations = G_N_ELEMENTS(schema_migrations);
