# What a study found.


rule make_report:
    input:
        scores=plan.scores.files,
    output:
        page=report("<results>/report/{study}/report.html", category="report"),
        scores="<results>/report/{study}/scores.csv",
        recipes="<results>/report/{study}/recipes.csv",
    log:
        "<results>/logs/report/{study}.log",
    benchmark:
        "<results>/benchmarks/report/{study}.jsonl"
    wildcard_constraints:
        study=plan.name,
    conda:
        "../envs/xstilts.yaml"
    resources:
        mem_mb=plan.asks.mem_mb("make_report"),
        runtime=plan.asks.runtime("make_report"),
        disk_mb=plan.asks.disk_mb("make_report"),
    params:
        spec=lambda w: plan.report.spec().text(),
        code=lambda w: plan.report.code(),
        folder=subpath(output.page, parent=True),
    shell:
        """
        launch make_report --spec {params.spec:q} --code {params.code} \
            --out {params.folder} &>{log}
        """


rule compare_published:
    input:
        scores=plan.scores.files,
    output:
        table="<results>/report/{study}/published.csv",
    log:
        "<results>/logs/report/{study}.published.log",
    benchmark:
        "<results>/benchmarks/report/{study}.published.jsonl"
    wildcard_constraints:
        study=plan.name,
    localrule: True
    conda:
        "../envs/xstilts.yaml"
    params:
        spec=lambda w: plan.report.spec().text(),
        code=lambda w: plan.report.published_code(),
        name=plan.study.compare.published,
        scores=plan.results / "scores",
    shell:
        """
        launch compare_published --spec {params.spec:q} --code {params.code} --name {params.name} \
            --scores {params.scores} --out {output.table} 2>{log}
        """
