# What a study found: first as data, then as figures, tables, cards and a page.


rule compare_recipes:
    input:
        scores=plan.scores.files,
    output:
        findings="<results>/report/{study}/findings.json",
        scores="<results>/report/{study}/scores.csv",
    log:
        "<results>/logs/report/{study}.log",
    benchmark:
        "<results>/benchmarks/report/{study}.jsonl"
    wildcard_constraints:
        study=plan.name,
    conda:
        "../envs/xstilts.yaml"
    resources:
        mem_mb=plan.asks.mem_mb("compare_recipes"),
        runtime=plan.asks.runtime("compare_recipes"),
        disk_mb=plan.asks.disk_mb("compare_recipes"),
    params:
        spec=lambda w: plan.report.spec().text(),
        code=lambda w: plan.report.code("compare"),
        results=plan.results,
        folder=subpath(output.findings, parent=True),
    shell:
        """
        launch compare_recipes --spec {params.spec:q} --code {params.code} \
            --results {params.results} --out {params.folder} &>{log}
        """


# What the whole study would take, by the model of cost alone: known here already, so no program works it out again.
rule plan_study:
    output:
        "<results>/report/{study}/plan.json",
    log:
        "<results>/logs/report/{study}.plan.log",
    wildcard_constraints:
        study=plan.name,
    localrule: True
    params:
        digest=lambda w: plan.expected.digest,
    run:
        plan.expected.write(Path(output[0]))


rule draw_figures:
    input:
        findings=plan.report.found(),
    output:
        report(
            plan.report.figures(),
            category="figures",
            caption="../report/figures.rst",
        ),
    log:
        plan.results / f"logs/report/{plan.name}.figures.log",
    benchmark:
        plan.results / f"benchmarks/report/{plan.name}.figures.jsonl"
    localrule: True
    conda:
        "../envs/xstilts.yaml"
    params:
        code=lambda w: plan.report.code("figures"),
        folder=plan.report.folder / "figures",
    shell:
        "launch draw_figures --findings {input.findings} --code {params.code} --out {params.folder} &>{log}"


rule write_tables:
    input:
        findings=plan.report.found(),
    output:
        report(plan.report.tables(), category="tables", caption="../report/tables.rst"),
    log:
        plan.results / f"logs/report/{plan.name}.tables.log",
    benchmark:
        plan.results / f"benchmarks/report/{plan.name}.tables.jsonl"
    localrule: True
    conda:
        "../envs/xstilts.yaml"
    params:
        code=lambda w: plan.report.code("tables"),
        folder=plan.report.folder / "tables",
    shell:
        "launch write_tables --findings {input.findings} --code {params.code} --out {params.folder} &>{log}"


rule write_cards:
    input:
        findings=plan.report.found(),
        made=[*plan.report.tables(), *plan.report.figures()],  # the study's card lists them
        checkpoints=plan.checkpoints.trained_files(),
    output:
        index="<results>/report/{study}/cards.md",
        study="<results>/report/{study}/README.md",
    log:
        "<results>/logs/report/{study}.cards.log",
    benchmark:
        "<results>/benchmarks/report/{study}.cards.jsonl"
    wildcard_constraints:
        study=plan.name,
    localrule: True
    conda:
        "../envs/xstilts.yaml"
    params:
        code=lambda w: plan.report.code("cards"),
        results=plan.results,
    shell:
        """
        launch write_cards --findings {input.findings} --code {params.code} \
            --results {params.results} --out {output.index} &>{log}
        """


rule make_report:
    input:
        findings=plan.report.found(),
        figures=plan.report.figures(),
        plan="<results>/report/{study}/plan.json",
    output:
        page=report(
            "<results>/report/{study}/report.html",
            category="report",
            caption="../report/page.rst",
        ),
    log:
        "<results>/logs/report/{study}.page.log",
    benchmark:
        "<results>/benchmarks/report/{study}.page.jsonl"
    wildcard_constraints:
        study=plan.name,
    localrule: True
    conda:
        "../envs/xstilts.yaml"
    params:
        code=lambda w: plan.report.code("page"),
        results=plan.results,
        figures=plan.report.folder / "figures",
    shell:
        """
        launch make_report --findings {input.findings} --figures {params.figures} --plan {input.plan} \
            --results {params.results} --code {params.code} --out {output.page} &>{log}
        """


# Of what is there now: nothing is trained or scored for it, and it is made anew whenever it is asked for.
rule preview:
    input:
        plan=plan.report.folder / "plan.json",
    log:
        plan.results / f"logs/report/{plan.name}.preview.log",
    localrule: True
    conda:
        "../envs/xstilts.yaml"
    params:
        spec=lambda w: plan.report.spec().text(),
        code=lambda w: plan.report.code("compare"),
        results=plan.results,
        folder=plan.report.folder / "preview",
    message:
        "What is there so far: {params.folder}/report.html"
    shell:
        """
        launch compare_recipes --spec {params.spec:q} --code {params.code} \
            --results {params.results} --out {params.folder} &>{log}
        launch draw_figures --findings {params.folder}/findings.json --out {params.folder}/figures &>>{log}
        launch write_tables --findings {params.folder}/findings.json --out {params.folder}/tables &>>{log}
        launch make_report --findings {params.folder}/findings.json --figures {params.folder}/figures \
            --plan {input.plan} --results {params.results} --out {params.folder}/report.html &>>{log}
        """
