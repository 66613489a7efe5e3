//! Whether every report was made, once.

use crate::world::World;

/// Everything that is not as it should be.
pub(crate) async fn findings(world: &World) -> Vec<String> {
    let mut findings = Vec::new();
    let reports = "
        SELECT r.id::text, r.status, r.object_key, r.sha256,
               (SELECT count(*) FROM reports.outbox AS o
                 WHERE o.tenant_id = r.tenant_id AND o.type = 'report.succeeded'
                   AND o.data ->> 'report_id' = r.id::text) AS events
          FROM reports.reports AS r";
    let keys = world.bucket.keys().await;
    for row in world.owner.query(reports, &[]).await.unwrap() {
        let id: String = row.get("id");
        let (status, events): (String, i64) = (row.get("status"), row.get("events"));
        if (&*status, events) != ("succeeded", 1) {
            findings.push(format!("{id}: {status}, with {events} events"));
            continue;
        }
        let key: String = row.get("object_key");
        if !keys.contains(&key) {
            findings.push(format!("{id}: its document is missing"));
            continue;
        }
        let document = world.bucket.bytes(&key).await;
        let digest = "SELECT sha256($1) = $2";
        let sha256: Vec<u8> = row.get("sha256");
        let same = world.owner.query_one(digest, &[&document, &sha256]).await;
        if !same.unwrap().get::<_, bool>(0) {
            findings.push(format!("{id}: its document is another one"));
        }
    }
    findings
}
