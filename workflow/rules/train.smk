# The tree of checkpoints: a base, and below it every stage of every recipe, each trained once.


rule draw_base:
    input:
        tokenizer=ancient(lambda w: plan.tokenizers.of_base(w.base) / "tokenizer.json"),
        digest=lambda w: plan.tokenizers.of_base(w.base) / "digest",
    output:
        model="<results>/drawn/{base}/model.safetensors",
        config="<results>/drawn/{base}/config.json",
        tokenizer="<results>/drawn/{base}/tokenizer.json",
        record="<results>/drawn/{base}/record.json",
        digest="<results>/drawn/{base}/digest",
    log:
        "<results>/logs/drawn/{base}.log",
    benchmark:
        "<results>/benchmarks/drawn/{base}.jsonl"
    conda:
        "../envs/xstilts.yaml"
    resources:
        mem_mb=plan.asks.mem_mb("draw_base"),
        runtime=plan.asks.runtime("draw_base"),
        disk_mb=plan.asks.disk_mb("draw_base"),
    params:
        spec=lambda w: plan.bases.scratch_spec(w.base).text(),
        code=lambda w: plan.bases.scratch_code(w.base),
        tokenizer=subpath(input.digest, parent=True),
        folder=subpath(output.digest, parent=True),
    shell:
        """
        launch draw_base --spec {params.spec:q} --code {params.code} \
            --tokenizer {params.tokenizer} --out {params.folder} &>{log}
        """


rule pretrain_base:
    input:
        parent="<results>/drawn/{base}/digest",
        train=ancient(lambda w: plan.checkpoints.tokens(w.base, "train")),
        dev=ancient(lambda w: plan.checkpoints.tokens(w.base, "dev")),
        data=lambda w: plan.checkpoints.digests(w.base),
    output:
        model="<results>/checkpoints/{base}/model.safetensors",
        config="<results>/checkpoints/{base}/config.json",
        tokenizer="<results>/checkpoints/{base}/tokenizer.json",
        record="<results>/checkpoints/{base}/training.json",
        card="<results>/checkpoints/{base}/README.md",
        digest="<results>/checkpoints/{base}/digest",
    log:
        "<results>/logs/checkpoints/{base}.log",
    benchmark:
        "<results>/benchmarks/checkpoints/{base}.jsonl"
    wildcard_constraints:
        base=plan.bases.names("scratch"),
    conda:
        "../envs/xstilts.yaml"
    threads: plan.asks.threads()
    resources:
        mem_mb=plan.asks.mem_mb("pretrain_base"),
        runtime=plan.asks.runtime("pretrain_base"),
        disk_mb=plan.asks.disk_mb("pretrain_base"),
        gpus=plan.asks.training_gpus(),
        gres=plan.asks.training_gres(),
        nodes=plan.asks.nodes(),
        tasks=plan.asks.tasks(),
        tasks_per_node=plan.asks.tasks_per_node(),
        tasks_per_gpu=plan.asks.tasks_per_gpu(),
        cpus_per_task=plan.asks.cpus_per_task(),
        mpi=plan.asks.mpi(),
        ranks=plan.asks.ranks(),
        running=lambda w: plan.checkpoints.running(w.base),
    params:
        spec=lambda w: plan.checkpoints.spec(w.base).text(),
        code=lambda w: plan.checkpoints.code(w.base),
        parent=subpath(input.parent, parent=True),
        folder=subpath(output.digest, parent=True),
        state=lambda w: plan.checkpoints.state(w.base),
        curves=lambda w: plan.checkpoints.curves(w.base),
    shell:
        """
        exec launch --ranks {resources.ranks} --nodes {resources.nodes} --gpus {resources.gpus} --cpus {resources.cpus_per_task} train_checkpoint --spec {params.spec:q} --code {params.code} \
            --parent {params.parent} --base {params.parent} --train {input.train} --dev {input.dev} \
            --running {resources.running} --state {params.state} --curves {params.curves} \
            --out {params.folder} &>{log}
        """


rule fetch_base:
    input:
        lambda w: plan.bases.fetched_from(w.base),
    output:
        model="<results>/checkpoints/{base}/model.safetensors",
        config="<results>/checkpoints/{base}/config.json",
        tokenizer="<results>/checkpoints/{base}/tokenizer.json",
        record="<results>/checkpoints/{base}/training.json",
        card="<results>/checkpoints/{base}/README.md",
        digest="<results>/checkpoints/{base}/digest",
    log:
        "<results>/logs/checkpoints/{base}.log",
    benchmark:
        "<results>/benchmarks/checkpoints/{base}.jsonl"
    wildcard_constraints:
        base=plan.bases.names("hub", "path"),
    localrule: True
    conda:
        "../envs/xstilts.yaml"
    params:
        spec=lambda w: plan.bases.fetch_spec(w.base).text(),
        code=lambda w: plan.bases.fetch_code(w.base),
        folder=subpath(output.digest, parent=True),
    shell:
        """
        launch fetch_base --spec {params.spec:q} --code {params.code} \
            --out {params.folder} &>{log}
        """


rule train_checkpoint:
    input:
        parent=lambda w: plan.checkpoints.parent(f"{w.parent}/{w.stage}") / "digest",
        weights=ancient(lambda w: plan.checkpoints.parent(f"{w.parent}/{w.stage}") / "model.safetensors"),
        base=lambda w: plan.checkpoints.base(w.parent) / "digest",
        train=ancient(lambda w: plan.checkpoints.tokens(f"{w.parent}/{w.stage}", "train")),
        dev=ancient(lambda w: plan.checkpoints.tokens(f"{w.parent}/{w.stage}", "dev")),
        data=lambda w: plan.checkpoints.digests(f"{w.parent}/{w.stage}"),
    output:
        model="<results>/checkpoints/{parent}/{stage}/model.safetensors",
        config="<results>/checkpoints/{parent}/{stage}/config.json",
        tokenizer="<results>/checkpoints/{parent}/{stage}/tokenizer.json",
        record="<results>/checkpoints/{parent}/{stage}/training.json",
        card="<results>/checkpoints/{parent}/{stage}/README.md",
        digest="<results>/checkpoints/{parent}/{stage}/digest",
    log:
        "<results>/logs/checkpoints/{parent}/{stage}.log",
    benchmark:
        "<results>/benchmarks/checkpoints/{parent}/{stage}.jsonl"
    conda:
        "../envs/xstilts.yaml"
    threads: plan.asks.threads()
    resources:
        mem_mb=plan.asks.mem_mb("train_checkpoint"),
        runtime=plan.asks.runtime("train_checkpoint"),
        disk_mb=plan.asks.disk_mb("train_checkpoint"),
        gpus=plan.asks.training_gpus(),
        gres=plan.asks.training_gres(),
        nodes=plan.asks.nodes(),
        tasks=plan.asks.tasks(),
        tasks_per_node=plan.asks.tasks_per_node(),
        tasks_per_gpu=plan.asks.tasks_per_gpu(),
        cpus_per_task=plan.asks.cpus_per_task(),
        mpi=plan.asks.mpi(),
        ranks=plan.asks.ranks(),
        running=lambda w: plan.checkpoints.running(f"{w.parent}/{w.stage}"),
    params:
        spec=lambda w: plan.checkpoints.spec(f"{w.parent}/{w.stage}").text(),
        code=lambda w: plan.checkpoints.code(f"{w.parent}/{w.stage}"),
        parent=subpath(input.parent, parent=True),
        base=subpath(input.base, parent=True),
        folder=subpath(output.digest, parent=True),
        state=lambda w: plan.checkpoints.state(f"{w.parent}/{w.stage}"),
        curves=lambda w: plan.checkpoints.curves(f"{w.parent}/{w.stage}"),
    shell:
        """
        exec launch --ranks {resources.ranks} --nodes {resources.nodes} --gpus {resources.gpus} --cpus {resources.cpus_per_task} train_checkpoint --spec {params.spec:q} --code {params.code} \
            --parent {params.parent} --base {params.base} --train {input.train} --dev {input.dev} \
            --running {resources.running} --state {params.state} --curves {params.curves} \
            --out {params.folder} &>{log}
        """


# What killed jobs would go on from. A training job cannot remove its own: Snakemake may still throw its outputs away,
# as it does with those of a job that ends well after Snakemake was told to stop.
rule clear_states:
    input:
        plan.checkpoints.trained_files(),
    output:
        touch("<results>/states/{study}.cleared"),
    log:
        "<results>/logs/states/{study}.log",
    localrule: True
    conda:
        "../envs/xstilts.yaml"
    params:
        states=[plan.checkpoints.state(node) for node in plan.checkpoints.trained],
    shell:
        "rm -rf {params.states} &>{log}"
