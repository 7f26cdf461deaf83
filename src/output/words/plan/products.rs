//! A choice in the words of real products: what to write on their command lines and into their files.

use crate::model::Pool;
use crate::policy::{PolicyChoice, PolicySize};
use crate::study::PolicyPlan;

/// What to write for a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductFlags {
    /// The product.
    pub product: &'static str,
    /// What to write.
    pub text: String,
}

fn flags(product: &'static str, text: String) -> ProductFlags {
    ProductFlags { product, text }
}

/// The choice for each product that runs requests like the policy.
pub fn product_flags(plan: &PolicyPlan) -> Vec<ProductFlags> {
    let Some(policy) = &plan.policy else { return Vec::new() };
    let pools = plan.pools.iter().flat_map(|pool| pools(policy, pool));
    servers(policy).into_iter().chain(pools).collect()
}

fn servers(policy: &PolicyChoice) -> Vec<ProductFlags> {
    let rules = policy.rules();
    let workers = rules.workers;
    let threads = rules.thread_pool.as_ref().map_or(rules.slots.unwrap_or(1), |pool| pool.threads);
    let gunicorn = |class: &str| format!("gunicorn --workers {workers} --worker-class {class}");
    let gthread = || flags("gunicorn", format!("{} --threads {threads}", gunicorn("gthread")));
    let puma = || flags("Puma", format!("puma --workers {workers} --threads {threads}:{threads}"));
    let php_fpm = |pm: &str| flags("PHP-FPM", format!("pm = {pm}; pm.max_children = {workers}"));
    let uvicorn = || flags("uvicorn", format!("uvicorn app:app --workers {workers}"));
    let uvicorn_worker = || flags("gunicorn", gunicorn("uvicorn_worker.UvicornWorker"));
    let node = || flags("Node", format!("cluster: {workers} × cluster.fork()"));
    let tomcat =
        || flags("Tomcat", format!("<Connector maxThreads=\"{threads}\"> or server.tomcat.threads.max={threads}"));
    match policy {
        PolicyChoice::Sync(_) => vec![flags("gunicorn", gunicorn("sync")), php_fpm("static")],
        PolicyChoice::Threaded(threaded) if threaded.gil => vec![gthread(), puma()],
        PolicyChoice::Threaded(_) if workers == 1 => vec![tomcat()],
        PolicyChoice::Threaded(_) => Vec::new(),
        PolicyChoice::Async(_) => vec![uvicorn(), uvicorn_worker(), node()],
        PolicyChoice::Gunicorn(gunicorn_policy) if gunicorn_policy.has_threads() => vec![gthread()],
        PolicyChoice::Gunicorn(_) if rules.slots == Some(1) => vec![flags("gunicorn", gunicorn("sync"))],
        PolicyChoice::Gunicorn(_) if rules.slots.is_some() => vec![flags("gunicorn", gunicorn("gevent"))],
        PolicyChoice::Gunicorn(_) => vec![uvicorn_worker()],
        PolicyChoice::Uvicorn(_) => vec![uvicorn()],
        PolicyChoice::FastapiThreadpool(_) => {
            let limiter = "anyio.to_thread.current_default_thread_limiter().total_tokens";
            vec![uvicorn(), flags("Starlette", format!("{limiter} = {threads}"))]
        }
        PolicyChoice::Waitress(_) => vec![flags("waitress", format!("waitress-serve --threads={threads} app:app"))],
        PolicyChoice::Uwsgi(_) => vec![flags("uWSGI", uwsgi(policy, workers, threads))],
        PolicyChoice::Hypercorn(_) => vec![flags("Hypercorn", format!("hypercorn --workers {workers} app:app"))],
        PolicyChoice::DjangoAsgi(_) => vec![uvicorn()],
        PolicyChoice::Celery(celery) => {
            vec![flags("Celery", format!("celery worker --concurrency={}", celery.concurrency))]
        }
        PolicyChoice::Node(_) => vec![node()],
        PolicyChoice::Puma(_) => vec![puma()],
        PolicyChoice::Unicorn(_) => vec![flags("Unicorn", format!("worker_processes {workers}"))],
        PolicyChoice::PhpFpm(php) => vec![php_fpm(php.pm.name())],
        PolicyChoice::Tomcat(_) => vec![tomcat()],
        PolicyChoice::Go(_) => Vec::new(),
    }
}

fn uwsgi(policy: &PolicyChoice, workers: u32, threads: u32) -> String {
    match policy.size_field(PolicySize::Threads) {
        Some(_) => format!("uwsgi --processes {workers} --threads {threads}"),
        None => format!("uwsgi --processes {workers}"),
    }
}

/// A pool in the languages of the policy.
fn pools(policy: &PolicyChoice, pool: &Pool) -> Vec<ProductFlags> {
    let Pool { size, overflow, .. } = pool;
    // Most products know no overflow: their pools shrink to the minimum when connections are idle.
    let (least, most) = (pool.open_at_start().min(size.get()), pool.most());
    let sqlalchemy = || flags("SQLAlchemy", format!("create_engine(url, pool_size={size}, max_overflow={overflow})"));
    let psycopg = || flags("psycopg_pool", format!("ConnectionPool(conninfo, min_size={least}, max_size={most})"));
    let asyncpg = || flags("asyncpg", format!("asyncpg.create_pool(dsn, min_size={least}, max_size={most})"));
    let hikari = || match least < most {
        true => flags("HikariCP", format!("maximumPoolSize={most}, minimumIdle={least}")),
        false => flags("HikariCP", format!("maximumPoolSize={most}")),
    };
    let active_record = || flags("ActiveRecord", format!("pool: {most} in config/database.yml"));
    let go = || flags("database/sql", format!("db.SetMaxOpenConns({most}); db.SetMaxIdleConns({size})"));
    let node_postgres = || flags("node-postgres", format!("new Pool({{ max: {most} }})"));
    match policy {
        PolicyChoice::Sync(_) | PolicyChoice::Threaded(_) => vec![sqlalchemy(), psycopg(), hikari(), active_record()],
        PolicyChoice::Async(_) => vec![sqlalchemy(), asyncpg(), psycopg()],
        PolicyChoice::Gunicorn(_)
        | PolicyChoice::Waitress(_)
        | PolicyChoice::Uwsgi(_)
        | PolicyChoice::DjangoAsgi(_)
        | PolicyChoice::Celery(_) => vec![sqlalchemy(), psycopg()],
        PolicyChoice::Uvicorn(_) | PolicyChoice::FastapiThreadpool(_) | PolicyChoice::Hypercorn(_) => {
            vec![sqlalchemy(), asyncpg(), psycopg()]
        }
        PolicyChoice::Puma(_) | PolicyChoice::Unicorn(_) => vec![active_record()],
        PolicyChoice::Tomcat(_) => vec![hikari()],
        PolicyChoice::Node(_) => vec![node_postgres()],
        PolicyChoice::Go(_) => vec![go()],
        PolicyChoice::PhpFpm(_) => Vec::new(),
    }
}
